/** QEMU with nothing of ours around it. */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { moved, placesOf, socketOf } from './argv.mjs';
import { agentAnswers, freePort, sshGreets } from './ready.mjs';

export const AGENT = { port: 'agent0', chardev: 'agent' };

/** The third field of /proc/PID/stat, and those after it. @param {number} pid */
function statOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

// Linux counts in hundredths of a second for every program.
const TICK = 10;

/** User and system time of a process, in milliseconds. @param {number} pid */
export function cpuOf(pid) {
  const fields = statOf(pid);
  return (Number(fields[11]) + Number(fields[12])) * TICK;
}

/** When a process was started, in milliseconds of the host's uptime. @param {number} pid */
export const startedAt = (pid) => Number(statOf(pid)[19]) * TICK;

/**
 * What a running machine was started with, kept for when it is gone.
 * @param {number} pid of its QEMU
 * @param {string} dir where to keep its files
 */
export function keep(pid, dir) {
  const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  const { state, disk } = placesOf(argv);
  const [info] = JSON.parse(
    execFileSync('qemu-img', ['info', '-U', '--backing-chain', '--output=json', disk], { encoding: 'utf8' }),
  );
  cpSync(join(state, 'credentials'), join(dir, 'credentials'), { recursive: true });
  return { argv, dir, backing: info['full-backing-filename'], size: info['virtual-size'] };
}

/**
 * Empty directories for a machine of its own, but for the credentials.
 * @param {ReturnType<typeof keep>} machine
 */
export async function preparePlaces({ dir }) {
  const to = { run: join(dir, 'run'), state: join(dir, 'state'), sshPort: await freePort() };
  for (const place of [to.run, to.state]) {
    rmSync(place, { recursive: true, force: true });
    mkdirSync(place, { recursive: true });
  }
  cpSync(join(dir, 'credentials'), join(to.state, 'credentials'), { recursive: true });
  return to;
}

/**
 * Starts it, with everything of it in other places.
 * @param {ReturnType<typeof keep>} machine
 * @param {Awaited<ReturnType<typeof preparePlaces>>} to
 * @returns {{ pid: number, died: Promise<never>, end: () => Promise<void> }} `died` rejects when QEMU has ended
 */
export function startBare({ argv }, to) {
  const [program, ...args] = moved(argv, to);
  const env = { PATH: process.env.PATH };
  const qemu = spawn(program, args, { env, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
  const kill = () => qemu.kill('SIGKILL');
  process.once('exit', kill);
  let said = '';
  qemu.stderr.on('data', (data) => (said += data));
  const ended = new Promise((resolve) => qemu.once('close', resolve));
  const died = ended.then(() => {
    throw new Error(`bare QEMU ended: ${said}`);
  });
  died.catch(() => undefined);
  const end = async () => {
    kill();
    await ended;
    process.off('exit', kill);
  };
  return { pid: qemu.pid, died, end };
}

/**
 * Boots it from a fresh disk: milliseconds until the agent and then SSH answer, and QEMU's own processor time until then.
 * @param {ReturnType<typeof keep>} machine
 * @returns {Promise<{ agent: number, ssh: number, qemuCpu: number }>}
 */
export async function bootBare(machine) {
  const { argv, backing, size } = machine;
  const to = await preparePlaces(machine);
  const disk = join(to.state, placesOf(argv).name);
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', backing, '-F', 'qcow2', disk, String(size)]);
  const begin = performance.now();
  const { pid, died, end } = startBare(machine, to);
  try {
    const where = { monitor: socketOf(argv, 'qmp-events'), agent: socketOf(argv, 'agent') };
    const from = placesOf(argv).run;
    const [monitor, agent] = [where.monitor, where.agent].map((path) => path.replace(`${from}/`, `${to.run}/`));
    await Promise.race([agentAnswers({ monitor, agent, ...AGENT }), died]);
    const agentAt = performance.now() - begin;
    await Promise.race([sshGreets(to.sshPort), died]);
    return { agent: agentAt, ssh: performance.now() - begin, qemuCpu: cpuOf(pid) };
  } finally {
    await end();
  }
}
