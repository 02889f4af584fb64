/** What files hold now, by digest: what an event means is found out by reading, never from the event. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { FileChange } from '../model/watch.ts';

/** One file as it was found. */
export interface Content {
  /** Digest of what it holds; or that it is not there, or why it could not be read. */
  readonly digest: string;
  /** Changes with every write and every other file in its place; may change without another content. */
  readonly stamp: string;
}

export type Contents = ReadonlyMap<string, Content>;

const ABSENT = 'absent';

/** No file that takes part is larger (bytes); one that is, is not read to its end. */
const MOST = 1024 * 1024 + 1;
const CHUNK = 64 * 1024;

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error);

const gone = (code: string): boolean => code === 'ENOENT' || code === 'ENOTDIR';

/** Where the path leads to now, and when that was last touched. */
export async function stampOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(':');
  } catch (error) {
    const code = codeOf(error);
    return gone(code) ? ABSENT : code;
  }
}

async function digestOf(path: string): Promise<string> {
  try {
    // A pipe in the file's place cannot hold us up.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    try {
      if (!(await file.stat()).isFile()) return 'no regular file';
      const hash = createHash('sha256');
      const buffer = Buffer.alloc(CHUNK);
      for (let at = 0; at < MOST;) {
        const { bytesRead } = await file.read(buffer, 0, Math.min(CHUNK, MOST - at), at);
        if (bytesRead === 0) break;
        hash.update(buffer.subarray(0, bytesRead));
        at += bytesRead;
      }
      return `sha256:${hash.digest('hex')}`;
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = codeOf(error);
    return gone(code) ? ABSENT : code;
  }
}

async function contentOf(path: string): Promise<Content> {
  // The stamp first: what is written in between shows in the next one.
  const stamp = await stampOf(path);
  return { stamp, digest: await digestOf(path) };
}

/** Never rejects: what cannot be read is one more state that a file can be in. */
export async function readContents(paths: readonly string[]): Promise<Contents> {
  return new Map(await Promise.all([...new Set(paths)].map(async (path) => [path, await contentOf(path)] as const)));
}

/** What differs, among the files that are in both; in the order of `now`. */
export function compare(before: Contents, now: Contents): FileChange[] {
  return [...now].flatMap(([path, { digest }]) => {
    const old = before.get(path)?.digest;
    if (old === undefined || old === digest) return [];
    return [{ path, what: digest === ABSENT ? 'removed' : old === ABSENT ? 'appeared' : 'changed' } as const];
  });
}

/** Whether anything was touched at all, with another content or not. */
export const touched = (before: Contents, now: Contents): boolean =>
  [...now].some(([path, { stamp }]) => before.has(path) && before.get(path)?.stamp !== stamp);
