/**
 * A machine's logs. QEMU writes the serial console, and what it prints itself, to a *window*: a sparse file in the runtime
 * directory that begins 4 MiB below the largest offset that its file system can hold, so that the kernel refuses what goes
 * beyond. A guest that floods its console fills no disk, and no process has to stay behind to see to it. A window that is
 * full takes no more until somebody looks: `collectLog` moves it to the machine's log file and makes room again.
 */
import { constants, read } from 'node:fs';
import { open, rename, rmdir, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { MachinePaths, RecipePlaces } from '../model/machine.ts';
import { endGateway } from './gateway-process.ts';
import { endHelpers } from './helpers.ts';
import { removeTree } from './directories.ts';
import { runOn } from './inherit.ts';
import { flock } from './lock.ts';
import { sanitise } from './untrusted.ts';

/** Bytes that a window takes; the start script has the same number. */
export const LOG_WINDOW = 4n * 1024n * 1024n;

/** Largest offsets of the file systems on which windows are made: tmpfs, XFS and Btrfs, then ext4 by its block sizes. */
const ENDS = [2n ** 63n - 1n, ...[1024n, 2048n, 4096n, 65_536n].map((block) => (2n ** 32n - 1n) * block)];

/** Where the text of a window begins, told from its size; 0 for an ordinary file. */
export function windowBegin(size: bigint): bigint {
  const end = ENDS.find((it) => size <= it && size >= it - LOG_WINDOW);
  return end === undefined ? 0n : end - LOG_WINDOW;
}

/** A log's two files: what was kept of earlier starts, and what is written now. */
export interface LogFiles {
  readonly history: string;
  readonly window: string;
}

const CHUNK = 256n * 1024n;

async function openLog(path: string, flags: number): Promise<FileHandle | null> {
  const file = await open(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => null);
  if (file && !(await file.stat()).isFile()) {
    await file.close();
    return null;
  }
  return file;
}

/** FileHandle.read takes no positions beyond 2^53, and silently reads elsewhere; fs.read does. */
function readAt(fd: number, buffer: Buffer, position: bigint): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, { buffer, position }, (error, bytesRead) => (error ? reject(error) : resolve(bytesRead)));
  });
}

/** The bytes between two offsets of a file. Never asks beyond `to`: near the largest offset that is an error. */
async function readBetween(file: FileHandle, from: bigint, to: bigint): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let at = from; at < to;) {
    const buffer = Buffer.alloc(Number(to - at > CHUNK ? CHUNK : to - at));
    const bytesRead = await readAt(file.fd, buffer, at);
    if (bytesRead === 0) break;
    parts.push(buffer.subarray(0, bytesRead));
    at += BigInt(bytesRead);
  }
  return Buffer.concat(parts);
}

/** The last bytes of one file; empty when it cannot be read. */
async function lastBytes(path: string, limit: number): Promise<Buffer> {
  const file = await openLog(path, constants.O_RDONLY);
  if (!file) return Buffer.alloc(0);
  try {
    const { size } = await file.stat({ bigint: true });
    const begin = windowBegin(size);
    const from = size - begin > BigInt(limit) ? size - BigInt(limit) : begin;
    return await readBetween(file, from, size);
  } finally {
    await file.close();
  }
}

/**
 * The last lines of a log, without control sequences.
 * @param lines how many at the most
 * @param bytes how many bytes of the file are looked at
 */
export async function tailLog(log: LogFiles, lines: number, bytes = 64 * 1024): Promise<string[]> {
  const now = await lastBytes(log.window, bytes);
  const before = now.length < bytes ? await lastBytes(log.history, bytes - now.length) : Buffer.alloc(0);
  const text = sanitise(Buffer.concat([before, now]).toString('utf8')).replace(/\n+$/, '');
  return text === '' || lines === 0 ? [] : text.split('\n').slice(-lines);
}

/** A place in a window: the file, and the offset in it. */
export interface LogPlace {
  readonly inode: bigint;
  readonly at: bigint;
}

/** Where the log ends now; null when the machine has never run. */
export async function logEnd(log: LogFiles): Promise<LogPlace | null> {
  const seen = await stat(log.window, { bigint: true }).catch(() => null);
  return seen && { inode: seen.ino, at: seen.size };
}

/**
 * All that is kept, raw, oldest first: `<history>.1`, the history, the window. At most about three windows.
 * @param until leaves out what was written after this place, for somebody who follows from there
 */
export async function* readLog(log: LogFiles, until?: LogPlace | null): AsyncGenerator<Buffer> {
  const most = Number(LOG_WINDOW) * 2;
  for (const path of [`${log.history}.1`, log.history]) {
    const bytes = await lastBytes(path, most);
    if (bytes.length > 0) yield bytes;
  }
  const file = await openLog(log.window, constants.O_RDONLY);
  if (!file) return;
  try {
    const { size, ino } = await file.stat({ bigint: true });
    const to = until?.inode === ino && until.at < size ? until.at : size;
    const bytes = await readBetween(file, windowBegin(size), to);
    if (bytes.length > 0) yield bytes;
  } finally {
    await file.close();
  }
}

/** How often a follower looks (milliseconds). */
const LOOK = 200;

/**
 * What is written to the log after a place, raw, also across restarts of the machine, until `signal` says enough. A full
 * window is emptied on the way, so that the log goes on.
 */
export async function* followLog(log: LogFiles, from: LogPlace | null, signal: AbortSignal): AsyncGenerator<Buffer> {
  let place = from;
  while (!signal.aborted) {
    const file = await openLog(log.window, constants.O_RDONLY);
    if (file) {
      try {
        const { size, ino } = await file.stat({ bigint: true });
        const begin = windowBegin(size);
        const same = place?.inode === ino && place.at <= size && place.at >= begin;
        const at = same && place ? place.at : begin;
        const bytes = await readBetween(file, at, at + CHUNK < size ? at + CHUNK : size);
        place = { inode: ino, at: at + BigInt(bytes.length) };
        if (bytes.length > 0) {
          yield bytes;
          continue;
        }
      } finally {
        await file.close();
      }
      await makeRoom(log);
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, LOOK);
      function done(): void {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      }
      signal.addEventListener('abort', done, { once: true });
    });
  }
}

/** Empties a window that is more than half full. Cheap: one look at its size when there is nothing to do. */
export async function makeRoom(log: LogFiles): Promise<void> {
  const seen = await stat(log.window, { bigint: true }).catch(() => null);
  if (seen?.isFile() && seen.size - windowBegin(seen.size) > LOG_WINDOW / 2n) await collectLog(log);
}

/** Adds to a log file, keeping one older file (`<history>.1`): together they hold about three windows at the most. */
export async function appendLog(history: string, bytes: Buffer): Promise<void> {
  const kept = await stat(history, { bigint: true }).catch(() => null);
  if (kept && kept.size > LOG_WINDOW) await rename(history, `${history}.1`);
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
  const file = await open(history, flags, 0o600);
  try {
    await file.writeFile(bytes);
  } finally {
    await file.close();
  }
}

/**
 * Moves what is in the window to the machine's log file, keeping one older file of the same size. Needed before the runtime
 * directory goes. QEMU may still be writing: what it writes in the microseconds before the window is emptied is lost.
 */
export async function collectLog(log: LogFiles): Promise<void> {
  const window = await openLog(log.window, constants.O_RDWR);
  if (!window) return;
  try {
    // Two who collect at once would keep the same text twice. The lock goes with the descriptor.
    await flock(window.fd, 'wait');
    const { size } = await window.stat({ bigint: true });
    const begin = windowBegin(size);
    const bytes = await readBetween(window, begin, size);
    if (bytes.length === 0) return;
    await appendLog(log.history, bytes);
    // Node truncates only below 2^53.
    await runOn(window.fd, 'truncate', ['-s', String(begin), '/proc/self/fd/0']);
  } finally {
    await window.close();
  }
}

/** Both logs of a machine that has ended are kept, what served it ends, then its runtime directory is removed. */
export async function endRuntime(paths: MachinePaths): Promise<void> {
  await collectLog({ history: paths.serialLog, window: paths.serialWindow });
  await collectLog({ history: paths.qemuLog, window: paths.qemuWindow });
  await endHelpers(paths.helpers);
  await endGateway(paths.run);
  await removeTree(paths.run);
  // The project's, when this was the last machine in it.
  await rmdir(dirname(paths.run)).catch(() => undefined);
  await forgetRecipes(paths.recipes);
}

/** Those of the whole project: the others cost one start of Node each. */
async function forgetRecipes({ all, own }: RecipePlaces): Promise<void> {
  await removeTree(own);
  try {
    for (let dir = dirname(own); dir.length >= all.length; dir = dirname(dir)) await rmdir(dir);
  } catch {
    // Another project has some, or there were none.
  }
}
