/** State files: written whole or not at all, read without ever being trusted. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** More than any state file of ours holds (bytes). */
export const STATE_LIMIT = 4 * 1024 * 1024;

/** Writes text, owner-only, flushed to the disk before it replaces what was there. */
export async function writeText(path: string, text: string, mode = 0o600): Promise<void> {
  // Commands that only read, which are most, never load it.
  const { default: writeFileAtomic } = await import('write-file-atomic');
  await writeFileAtomic(path, text, { mode, fsync: true });
}

/** Writes a value as JSON, owner-only, flushed to the disk before it replaces what was there. */
export async function writeState(path: string, value: unknown): Promise<void> {
  await writeText(path, `${JSON.stringify(value, null, 2)}\n`);
}

export interface ReadState<T> {
  readonly value: T | null;
  /** Why there is no value, for people: `missing`, `not JSON`, …; null when there is one. */
  readonly problem: string | null;
}

const lacks = (problem: string): { value: null; problem: string } => ({ value: null, problem });

/**
 * Reads a state file. Never rejects: a file that is missing, cut off or not ours is told apart in `problem`.
 * @param accept whether the value has the shape that is expected
 */
export async function readState<T>(path: string, accept: (value: unknown) => value is T): Promise<ReadState<T>> {
  const read = await readBounded(path);
  if (read.text === null) return lacks(read.problem);
  let value: unknown;
  try {
    value = JSON.parse(read.text);
  } catch {
    return lacks('not JSON');
  }
  return accept(value) ? { value, problem: null } : lacks('not of the expected shape');
}

async function readBounded(path: string): Promise<{ text: string; problem: null } | { text: null; problem: string }> {
  try {
    // Not through a symlink, and never waiting for the other end of a pipe.
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stat = await file.stat();
      if (!stat.isFile()) return { text: null, problem: 'not a regular file' };
      if (stat.size > STATE_LIMIT) return { text: null, problem: 'too large' };
      return { text: await file.readFile('utf8'), problem: null };
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return { text: null, problem: code === 'ENOENT' ? 'missing' : `unreadable (${code ?? String(error)})` };
  }
}

/** The last bytes of a file in a place where QEMU's user can write: never through a link, and of nothing but a file. Empty where there is none. */
export async function readEnd(path: string, limit: number): Promise<string> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch(() => null);
  try {
    const seen = await file?.stat();
    if (!file || !seen?.isFile()) return '';
    const { bytesRead, buffer } = await file.read(Buffer.alloc(limit), 0, limit, Math.max(0, seen.size - limit));
    return buffer.toString('latin1', 0, bytesRead);
  } catch {
    return '';
  } finally {
    await file?.close();
  }
}
