/** Wall clock and processor time of programs. */
import { spawn } from 'node:child_process';

/** Bash tells what a command and its children have used, to the millisecond. */
const TIMED = 'TIMEFORMAT=\'@%R %U %S\'; time "$@"';

/** Programs that run now. @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
let stopped = false;

/** Ends what runs, with its children, and waits for it; nothing is started any more. */
export async function interrupt() {
  stopped = true;
  const ended = [...running].map((child) => new Promise((resolve) => child.once('close', resolve)));
  for (const { pid } of running) {
    // Bash, which does the timing, waits for the end of its command.
    if (pid !== undefined) process.kill(-pid, 'SIGTERM');
  }
  await Promise.all(ended);
}

/**
 * @typedef {{ wall: number, cpu: number, stdout: string, stderr: string }} Sample `wall` and `cpu` (user and system) in
 *   milliseconds; detached processes, such as QEMU, do not count
 */

/**
 * Runs a command; throws when it fails.
 * @param {readonly string[]} argv
 * @param {{ cwd?: string, env?: Record<string, string | undefined>, onLine?: (line: string, ms: number) => void }} options
 *   `onLine` gets each line of stderr as it comes, with the milliseconds since the start
 * @returns {Promise<Sample>}
 */
export function timed(argv, { cwd, env, onLine } = {}) {
  return new Promise((resolve, reject) => {
    if (stopped) throw new Error('interrupted');
    const begin = performance.now();
    const options = { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true };
    const child = spawn('bash', ['-c', TIMED, 'timed', ...argv], options);
    running.add(child);
    let [stdout, stderr, seen] = ['', '', 0];
    child.stdout.on('data', (data) => (stdout += data));
    child.stderr.on('data', (data) => {
      stderr += data;
      for (let end = stderr.indexOf('\n', seen); end >= 0; end = stderr.indexOf('\n', seen)) {
        onLine?.(stderr.slice(seen, end), performance.now() - begin);
        seen = end + 1;
      }
    });
    child.on('error', reject);
    child.on('close', (code) => {
      running.delete(child);
      const found = /^@([\d.]+) ([\d.]+) ([\d.]+)$/mu.exec(stderr);
      if (code !== 0 || !found) {
        reject(new Error(`${argv.join(' ')} ended with ${code}\n${stdout}${stderr}`));
        return;
      }
      const [wall, user, system] = found.slice(1).map(Number);
      resolve({ wall: wall * 1000, cpu: (user + system) * 1000, stdout, stderr: stderr.slice(0, found.index) });
    });
  });
}

/**
 * Runs several commands `runs` times, by turns, so that whatever else the machine does hits all of them alike. The first
 * round fills the caches and does not count.
 * @param {Readonly<Record<string, { argv: readonly string[], options?: object }>>} commands
 * @param {number} runs
 * @returns {Promise<Record<string, { wall: number[], cpu: number[] }>>}
 */
export async function byTurns(commands, runs) {
  const samples = Object.fromEntries(Object.keys(commands).map((name) => [name, { wall: [], cpu: [] }]));
  for (let run = -1; run < runs; run += 1) {
    for (const [name, { argv, options }] of Object.entries(commands)) {
      const { wall, cpu } = await timed(argv, options);
      if (run < 0) continue;
      samples[name].wall.push(wall);
      samples[name].cpu.push(cpu);
    }
  }
  return samples;
}
