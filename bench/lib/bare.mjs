/** QEMU with nothing of ours around it. */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { moved, placesOf, socketOf } from './argv.mjs';
import { agentAnswers, freePort, sshGreets } from './ready.mjs';

const AGENT = { port: 'agent0', chardev: 'agent' };

/** User and system time of a process, in milliseconds. @param {number} pid */
export function cpuOf(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // Linux counts them in hundredths of a second for every program.
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

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
 * Boots it from a fresh disk: milliseconds until the agent and then SSH answer, and QEMU's own processor time until then.
 * @param {ReturnType<typeof keep>} machine
 * @returns {Promise<{ agent: number, ssh: number, qemuCpu: number }>}
 */
export async function bootBare({ argv, dir, backing, size }) {
  const to = { run: join(dir, 'run'), state: join(dir, 'state'), sshPort: await freePort() };
  for (const place of [to.run, to.state]) {
    rmSync(place, { recursive: true, force: true });
    mkdirSync(place, { recursive: true });
  }
  cpSync(join(dir, 'credentials'), join(to.state, 'credentials'), { recursive: true });
  const [program, ...args] = moved(argv, to);
  const env = { PATH: process.env.PATH };

  const disk = join(to.state, 'disk.qcow2');
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', backing, '-F', 'qcow2', disk, String(size)]);
  const begin = performance.now();
  const qemu = spawn(program, args, { env, cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  qemu.stderr.on('data', (data) => (said += data));
  const ended = new Promise((resolve) => qemu.once('close', resolve));
  const died = ended.then(() => {
    throw new Error(`bare QEMU ended: ${said}`);
  });
  died.catch(() => undefined);
  try {
    const where = { monitor: socketOf(argv, 'qmp-events'), agent: socketOf(argv, 'agent') };
    const from = placesOf(argv).run;
    const [monitor, agent] = [where.monitor, where.agent].map((path) => path.replace(`${from}/`, `${to.run}/`));
    await Promise.race([agentAnswers({ monitor, agent, ...AGENT }), died]);
    const agentAt = performance.now() - begin;
    await Promise.race([sshGreets(to.sshPort), died]);
    return { agent: agentAt, ssh: performance.now() - begin, qemuCpu: cpuOf(qemu.pid) };
  } finally {
    qemu.kill('SIGKILL');
    await ended;
  }
}
