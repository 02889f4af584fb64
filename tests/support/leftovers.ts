/** What a command has left behind on this machine, found by looking and not by asking it. */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

export interface LeftoverQuery {
  /** Directories of the test: whatever names one of them, or a place below, is its doing. */
  readonly dirs: readonly string[];
  /** Host ports that nobody may be listening on. */
  readonly ports?: readonly number[] | undefined;
  /** Directories that must be empty or gone, such as the one for sockets. */
  readonly empty?: readonly string[] | undefined;
}

export interface LeftProcess {
  readonly pid: number;
  readonly cmdline: string;
}

/** One line for each thing left: processes, sockets, listening ports, mounts, files. Empty is what a test wants. */
export function leftovers({ dirs, ports = [], empty = [] }: LeftoverQuery): string[] {
  return [
    ...processesOf(dirs).map(({ pid, cmdline }) => `process ${pid}: ${cmdline}`),
    ...socketsOf(dirs).map((path) => `socket ${path}`),
    ...mountsOf(dirs).map((path) => `mount ${path}`),
    ...ports.filter((port) => listening().has(port)).map((port) => `port ${port}`),
    ...empty.flatMap(filesIn).map((path) => `file ${path}`),
    ...filesIn('/dev/shm')
      .filter((path) => /ai-vm/u.test(path))
      .map((path) => `file ${path}`),
  ];
}

/** Processes that name one of `dirs` in their arguments, or that work, are rooted, hold a file open or have one mounted for themselves. */
export function processesOf(dirs: readonly string[]): LeftProcess[] {
  const found: LeftProcess[] = [];
  const ours = link('/proc/self/ns/mnt');
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    // Nor is the first process anybody's doing, whatever its mounts show: what is found here gets killed.
    if (!Number.isInteger(pid) || pid === process.pid || pid === 1) continue;
    const cmdline = read(`/proc/${entry}/cmdline`).replaceAll('\0', ' ').trim();
    // Without arguments it is a zombie, or the kernel's own.
    if (cmdline === '') continue;
    const places = ['cwd', 'root', ...list(`/proc/${entry}/fd`).map((fd) => `fd/${fd}`)];
    // A helper in a root of its own shows no path of ours but in its mounts.
    const theirs = link(`/proc/${entry}/ns/mnt`);
    const mounts = theirs === '' || theirs === ours ? '' : mountTable(entry);
    const touches = dirs.some(
      (dir) =>
        names(cmdline, dir) ||
        names(mounts, dir) ||
        places.some((place) => isBelow(link(`/proc/${entry}/${place}`), dir)),
    );
    if (touches) found.push({ pid, cmdline });
  }
  return found;
}

function socketsOf(dirs: readonly string[]): string[] {
  const paths = read('/proc/net/unix')
    .split('\n')
    .map((line) => line.trim().split(/\s+/u).slice(7).join(' '));
  return [...new Set(paths.filter((path) => dirs.some((dir) => isBelow(path, dir))))];
}

function mountsOf(dirs: readonly string[]): string[] {
  const points = read('/proc/self/mountinfo')
    .split('\n')
    .map((line) => unescaped(line.split(' ')[4] ?? ''));
  return points.filter((point) => dirs.some((dir) => isBelow(point, dir)));
}

function mountTable(pid: string): string {
  return unescaped(read(`/proc/${pid}/mountinfo`));
}

const unescaped = (text: string): string => text.replaceAll('\\040', ' ');

/** Ports that a TCP socket listens on or a UDP socket is bound to, on any address, but for those of tests that run beside this one. */
function listening(): Set<number> {
  const ports = new Set<number>();
  const others = socketsElsewhere();
  for (const [file, state] of [
    ['tcp', '0A'],
    ['tcp6', '0A'],
    ['udp', '07'],
    ['udp6', '07'],
  ] as const) {
    for (const line of read(`/proc/net/${file}`).split('\n').slice(1)) {
      const [, local, , its, , , , , , inode] = line.trim().split(/\s+/u);
      if (local !== undefined && its === state && !others.has(inode ?? ''))
        ports.add(Number.parseInt(local.split(':')[1] ?? '', 16));
    }
  }
  return ports;
}

/** Inodes of sockets of QEMUs that see other mounts than this process: see scripts/testing/lanes.mjs. */
function socketsElsewhere(): Set<string> {
  const ours = link('/proc/self/ns/mnt');
  return new Set(
    list('/proc').flatMap((pid) => {
      if (!/^\d+$/u.test(pid) || link(`/proc/${pid}/ns/mnt`) === ours) return [];
      if (!read(`/proc/${pid}/cmdline`).includes('qemu-system')) return [];
      return list(`/proc/${pid}/fd`).flatMap(
        (fd) => /^socket:\[(\d+)\]$/u.exec(link(`/proc/${pid}/fd/${fd}`))?.[1] ?? [],
      );
    }),
  );
}

function filesIn(dir: string): string[] {
  return existsSync(dir) ? list(dir).map((name) => join(dir, name)) : [];
}

function isBelow(path: string, dir: string): boolean {
  return path === dir || path.startsWith(`${dir}/`);
}

/** Whether `dir` stands in `text` as a whole path or the beginning of one, and not as part of another name. */
function names(text: string, dir: string): boolean {
  const at = text.indexOf(dir);
  return at >= 0 && !/[\w-]/u.test(text[at + dir.length] ?? '');
}

/** What is gone by now, or is none of our business, reads as nothing. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function list(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
