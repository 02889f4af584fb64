/** The command line of a machine that runs, turned into one that QEMU can be started with beside everything of ours. */
import { basename, dirname } from 'node:path';

/** @param {readonly string[]} argv @param {string} name @returns {string} */
function after(argv, name) {
  const value = argv[argv.indexOf(name) + 1];
  if (argv.indexOf(name) < 0 || value === undefined) throw new Error(`there is no ${name} in ${argv.join(' ')}`);
  return value;
}

/** In a `key=value,…` argument a comma is written twice. @param {string} argument @param {string} key */
function option(argument, key) {
  const found = new RegExp(`(?:^|,)${key}=((?:[^,]|,,)*)`, 'u').exec(argument);
  return found?.[1].replaceAll(',,', ',');
}

/** @param {readonly string[]} argv @param {string} id @returns {string} path of the socket */
export function socketOf(argv, id) {
  const chardev = argv.find((word) => word.startsWith('socket,') && option(word, 'id') === id);
  const path = chardev && option(chardev, 'path');
  if (!path) throw new Error(`there is no socket ${id} in ${argv.join(' ')}`);
  return path;
}

/**
 * Where the files of a machine are: what QEMU writes to and what it reads.
 * @param {readonly string[]} argv
 * @returns {{ run: string, state: string, disk: string, name: string }} `run` has the sockets, `state` the disk, which is called `name`
 */
export function placesOf(argv) {
  const [, quoted] = /"filename":("(?:[^"\\]|\\.)*\/disk(?:\.\d+)?\.qcow2")/u.exec(argv.join('\n')) ?? [];
  const disk = quoted && JSON.parse(quoted);
  if (!disk) throw new Error(`there is no disk in ${argv.join(' ')}`);
  return { run: dirname(after(argv, '-pidfile')), state: dirname(disk), disk, name: basename(disk) };
}

/** How much memory it starts with, in bytes. @param {readonly string[]} argv @returns {number} */
export function base(argv) {
  const ram = argv.find((word) => word.startsWith('memory-backend-') && option(word, 'id') === 'ram0');
  const [, count, unit] = /^(\d+)([MG])$/u.exec((ram && option(ram, 'size')) ?? '') ?? [];
  if (!count) throw new Error(`there is no memory in ${argv.join(' ')}`);
  return Number(count) * 2 ** (unit === 'G' ? 30 : 20);
}

/**
 * Without the monitor on a pipe, by which the start script hears that QEMU is there: it is no part of the machine.
 * @param {readonly string[]} argv
 */
function withoutPipe(argv) {
  const ids = argv.filter((word) => word.startsWith('pipe,')).map((word) => option(word, 'id'));
  const isPipes = (word, next) =>
    (word === '-chardev' && next.startsWith('pipe,')) || (word === '-mon' && ids.includes(option(next, 'chardev')));
  const drop = new Set(argv.flatMap((word, at) => (isPipes(word, argv[at + 1] ?? '') ? [at, at + 1] : [])));
  return argv.filter((_, at) => !drop.has(at));
}

/**
 * The same machine in other places: nothing but directories and the SSH port is changed.
 * @param {readonly string[]} argv
 * @param {{ run: string, state: string, sshPort: number }} to
 * @returns {string[]}
 */
export function moved(argv, to) {
  const from = placesOf(argv);
  const forwards = argv.filter((word) => /hostfwd=tcp:127\.0\.0\.1:\d+-:22(?!\d)/u.test(word));
  if (forwards.length !== 1) throw new Error(`there is not one forward to SSH in ${argv.join(' ')}`);
  return withoutPipe(argv).map((word) =>
    word
      .replaceAll(`${from.run}/`, `${to.run}/`)
      .replaceAll(`${from.state}/`, `${to.state}/`)
      .replace(/(hostfwd=tcp:127\.0\.0\.1:)\d+(-:22)(?!\d)/u, `$1${to.sshPort}$2`),
  );
}
