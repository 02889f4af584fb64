/**
 * The memory of a guest on disk: what is not zero, in one file, with an index and a checksum for each run. The rest of a
 * machine's state is QEMU's own migration stream, from which RAM is left out (`x-ignore-shared`): a machine is saved and
 * restored in the time that it takes to copy what was touched.
 */
import { open, readdir, readlink, readFile, writeFile, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { AiVmError } from '../model/errors.ts';
import { isObject } from './qmp-wire.ts';

/** What is looked at as a whole: zero or not. */
const PAGE = 64 * 1024;
/** What is read at once, and the longest run. */
const CHUNK = 4 * 1024 * 1024;
const ZERO = Buffer.alloc(PAGE);

/** A run of bytes of the guest's memory; they stand in the file one after the other. */
type Run = readonly [offset: number, length: number, crc: number];

export interface MemoryIndex {
  readonly formatVersion: 1;
  /** Size of the memory in bytes. */
  readonly size: number;
  readonly runs: readonly Run[];
}

const NAME = /^\/memfd:memory-backend-memfd\b/;

/**
 * A machine's base memory as a file: QEMU holds it open, and whoever may look at the process can open it too.
 * @param size in bytes, which tells it from memory that was plugged in
 */
export async function openMemory(pid: number, size: number, flags: 'r' | 'r+'): Promise<FileHandle> {
  const dir = `/proc/${pid}/fd`;
  for (const fd of await readdir(dir)) {
    const target = await readlink(`${dir}/${fd}`).catch(() => '');
    if (!NAME.test(target)) continue;
    const file = await open(`${dir}/${fd}`, flags);
    if ((await file.stat()).size === size) return file;
    await file.close();
  }
  throw new AiVmError('qmp.failed', 'the memory of the machine could not be found', {
    why: `Process ${pid} holds no memory of ${size} bytes.`,
  });
}

/**
 * Reads memory and keeps what is not zero. The machine must stand still.
 * @param most only so many bytes of it can have been touched
 * @returns bytes kept
 */
export async function saveMemory(
  memory: FileHandle,
  bin: string,
  index: string,
  signal: AbortSignal,
  most = Number.POSITIVE_INFINITY,
): Promise<number> {
  const { size } = await memory.stat();
  const end = Math.min(size, most);
  const out = await open(bin, 'wx', 0o600);
  const runs: Run[] = [];
  let kept = 0;
  const buffer = Buffer.alloc(CHUNK);
  try {
    for (let at = 0; at < end; at += CHUNK) {
      signal.throwIfAborted();
      const { bytesRead } = await memory.read(buffer, 0, Math.min(CHUNK, end - at), at);
      for (const [begin, end] of touched(buffer.subarray(0, bytesRead))) {
        const bytes = buffer.subarray(begin, end);
        runs.push([at + begin, bytes.length, crc32(bytes)]);
        // Not `write`, which leaves off where the disk is full.
        await out.appendFile(bytes);
        kept += bytes.length;
      }
    }
    await out.sync();
  } finally {
    await out.close();
  }
  const value: MemoryIndex = { formatVersion: 1, size, runs };
  await writeFile(index, JSON.stringify(value), { mode: 0o600, flag: 'wx' });
  return kept;
}

/** The parts of a chunk that are not zero. */
export function* touched(chunk: Buffer): Generator<readonly [begin: number, end: number]> {
  let begin = -1;
  for (let at = 0; at < chunk.length; at += PAGE) {
    const page = chunk.subarray(at, at + PAGE);
    const zero = page.equals(page.length === PAGE ? ZERO : ZERO.subarray(0, page.length));
    if (!zero && begin < 0) begin = at;
    if (zero && begin >= 0) {
      yield [begin, at];
      begin = -1;
    }
  }
  if (begin >= 0) yield [begin, chunk.length];
}

const damaged = (why: string): AiVmError =>
  new AiVmError('image.corrupt', 'saved memory is damaged', { why, fix: 'Nothing: it is made anew.' });

const unreadable = (error: unknown): never => {
  throw damaged(String(error));
};

/**
 * Writes saved memory into that of a QEMU that waits for its migration stream. Every byte is checked on its way.
 * @throws AiVmError `image.corrupt`
 */
export async function loadMemory(memory: FileHandle, bin: string, index: string): Promise<void> {
  const { size, runs } = parseIndex(await readFile(index, 'utf8').catch(unreadable));
  if ((await memory.stat()).size !== size) throw damaged('It has another size than the memory of the machine.');
  const file = await open(bin, 'r').catch(unreadable);
  try {
    // One is read while the other is written.
    const buffers = [Buffer.allocUnsafe(CHUNK), Buffer.allocUnsafe(CHUNK)] as const;
    let writing: Promise<unknown> = Promise.resolve();
    let from = 0;
    for (const [n, [offset, length, crc]] of runs.entries()) {
      const buffer = buffers[n % 2 === 0 ? 0 : 1];
      const { bytesRead } = await file.read(buffer, 0, length, from);
      const bytes = buffer.subarray(0, bytesRead);
      if (bytesRead !== length || crc32(bytes) !== crc) {
        await writing;
        throw damaged(`The bytes at ${from} are not those that were saved.`);
      }
      await writing;
      writing = memory.write(bytes, 0, length, offset);
      // It is looked at when the next run has been read.
      writing.catch(() => undefined);
      from += length;
    }
    await writing;
  } finally {
    await file.close();
  }
}

/** @throws AiVmError `image.corrupt` */
export function parseIndex(text: string): MemoryIndex {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw damaged('Its index is no JSON.');
  }
  if (!isObject(value) || value['formatVersion'] !== 1 || !Array.isArray(value['runs'])) {
    throw damaged('Its index is not of the expected shape.');
  }
  const { size, runs } = value as { readonly size?: unknown; readonly runs: readonly unknown[] };
  const whole = (n: unknown): n is number => typeof n === 'number' && Number.isSafeInteger(n) && n >= 0;
  if (!whole(size)) throw damaged('Its index does not say how large the memory is.');
  const isRun = (run: unknown): run is Run =>
    Array.isArray(run) && run.length === 3 && run.every(whole) && run[1]! <= CHUNK && run[0]! + run[1]! <= size;
  if (!runs.every(isRun)) throw damaged('Its index names places outside of the memory.');
  return { formatVersion: 1, size, runs };
}
