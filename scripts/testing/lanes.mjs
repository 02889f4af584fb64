/**
 * Lanes for tests that start guests: one emulated guest leaves a good part of two processors idle. Root's runtime directory and
 * the file system in memory have one place on a host; each lane has its own there, so that what is found left over is its doing.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { run } from './run.mjs';

const RUNTIME = '/run/ai-vm';
const ENTER = `mount --bind "$1" ${RUNTIME} && mount -t tmpfs -o mode=1777 none /dev/shm && shift && exec "$@"`;

/** @param {string} runtime what the command sees as root's runtime directory */
const inside = (runtime) => (argv) => [
  ...['unshare', '--mount', '--propagation', 'private', 'sh', '-c', ENTER, 'sh', runtime],
  ...argv,
];

/** @returns {string | null} null: there can be no lanes for this user, or on this host */
async function makeRuntime() {
  if (process.getuid?.() !== 0) return null;
  mkdirSync(RUNTIME, { recursive: true, mode: 0o711 });
  const dir = mkdtempSync(`${RUNTIME}-lane-`);
  chmodSync(dir, 0o711);
  if ((await run(inside(dir)(['true']))).code === 0) return dir;
  rmSync(dir, { recursive: true });
  return null;
}

/**
 * Begins `work` in each lane, or once where there can be none or there is one processor.
 * @param {(wrap: (argv: readonly string[]) => readonly string[]) => Promise<void>} work `wrap`: a command as it is to be run
 */
export async function inLanes(work, lanes = Math.min(2, availableParallelism())) {
  const dirs = [];
  while (dirs.length < lanes) {
    const dir = await makeRuntime();
    if (dir === null) break;
    dirs.push(dir);
  }
  if (dirs.length < lanes) await work((argv) => argv);
  else await Promise.all(dirs.map((dir) => work(inside(dir))));
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
}
