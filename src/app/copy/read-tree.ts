/** Files of the host as a tar archive, through no symlink: one is copied as what it is. */
import { constants } from 'node:fs';
import { lstat, open, readdir, readlink, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Pack } from 'tar-stream';
import { openAnchored, within } from '../../host/anchored.ts';
import { AiVmError } from '../../model/errors.ts';
import type { Tally } from './tally.ts';

export interface ReadOptions {
  /** Directories that a guest can write to. */
  readonly guarded: readonly string[];
  readonly tally: Tally;
  readonly signal: AbortSignal;
}

/** Puts what `source` names into the archive as `name`, or under its own name. Its contents alone when it ends in `/.`. */
export async function packSource(pack: Pack, source: string, name: string | null, options: ReadOptions): Promise<void> {
  const contents = source === '.' || source.endsWith('/.') || source.endsWith('/');
  const path = resolve(source);
  if (contents || path === '/') {
    const directory = await openAnchored(path, options.guarded);
    try {
      // A directory that is to be called something, or what is in one.
      if (name === null) await packInside(pack, directory, '', path, options);
      else await packDirectory(pack, directory, name, path, options);
    } finally {
      await directory.close();
    }
    return;
  }
  const parent = await openAnchored(dirname(path), options.guarded);
  try {
    await packEntry(pack, parent, basename(path), name ?? basename(path), path, options);
  } finally {
    await parent.close();
  }
}

async function packEntry(
  pack: Pack,
  parent: FileHandle,
  own: string,
  name: string,
  shown: string,
  options: ReadOptions,
): Promise<void> {
  options.signal.throwIfAborted();
  const { tally } = options;
  const path = within(parent, own);
  const seen = await lstat(path).catch((error: unknown) => {
    throw new AiVmError('copy.failed', `${shown} cannot be read`, {
      why: (error as Error).message.replace(path, shown),
    });
  });
  if (seen.isSymbolicLink()) {
    pack.entry({ name, type: 'symlink', linkname: await readlink(path), mtime: seen.mtime });
    tally.links += 1;
  } else if (seen.isDirectory()) {
    const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    try {
      await packDirectory(pack, directory, name, shown, options);
    } finally {
      await directory.close();
    }
  } else if (seen.isFile()) await packFile(pack, path, name, options);
  else tally.skipped.push(`${shown} is neither a file nor a directory`);
}

async function packDirectory(pack: Pack, directory: FileHandle, name: string, shown: string, options: ReadOptions) {
  const { mode, mtime } = await directory.stat();
  pack.entry({ name, type: 'directory', mode: mode & 0o777, mtime });
  await packInside(pack, directory, name, shown, options);
}

async function packInside(pack: Pack, directory: FileHandle, name: string, shown: string, options: ReadOptions) {
  for (const own of (await readdir(within(directory, '.'))).sort()) {
    await packEntry(pack, directory, own, name === '' ? own : `${name}/${own}`, join(shown, own), options);
  }
}

async function packFile(pack: Pack, path: string, name: string, { tally, signal }: ReadOptions): Promise<void> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { size, mode, mtime } = await file.stat();
    const entry = pack.entry({ name, size, mode: mode & 0o777, mtime });
    // A file that grows meanwhile is cut; one that shrinks is told by the archive, which then lacks bytes.
    if (size === 0) entry.end();
    else {
      const bytes = file.createReadStream({ autoClose: false, start: 0, end: size - 1 });
      await pipeline(bytes, (source) => counted(source as AsyncIterable<Buffer>, tally), entry, { signal });
    }
    tally.files += 1;
    tally.bytes += size;
  } finally {
    await file.close();
  }
}

/** The same bytes, counted. */
async function* counted(source: AsyncIterable<Buffer>, tally: Tally): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    tally.moved += chunk.length;
    yield chunk;
  }
}

/**
 * Bytes of all files below `sources`, for people: what cannot be looked at counts nothing, and no symlink is followed.
 * @throws AbortError
 */
export async function sizeOfTrees(sources: readonly string[], signal: AbortSignal): Promise<number> {
  let bytes = 0;
  const waiting = [...sources];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    signal.throwIfAborted();
    const seen = await lstat(path).catch(() => null);
    if (seen?.isFile()) bytes += seen.size;
    if (!seen?.isDirectory()) continue;
    for (const name of await readdir(path).catch(() => [])) waiting.push(join(path, name));
  }
  return bytes;
}
