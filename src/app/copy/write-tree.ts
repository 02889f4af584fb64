/**
 * A tar archive that a guest has made, written to this host. The guest is not trusted: nothing is written through a symlink, be
 * it in the archive or planted where it goes, and nothing outside the target; what is no file, directory or harmless link is
 * left out.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, rename, rm, symlink, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, posix, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Entry, Extract } from 'tar-stream';
import { descend, openAnchored, within } from '../../host/anchored.ts';
import { sanitise } from '../../host/untrusted.ts';
import { AiVmError } from '../../model/errors.ts';
import type { Tally } from './tally.ts';

/** Where things go: into `root`, or, when the target is not a directory yet, there under another name. */
interface Place {
  readonly root: FileHandle;
  readonly shown: string;
  readonly rename: string | null;
}

/** Directories of a path; null when it leads out of where it is unpacked. */
export function namesOf(path: string): string[] | null {
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  return names.includes('..') || path.includes('\0') ? null : names;
}

/** Whether a symlink leads to somewhere within what is copied along with it. */
export function staysInside(names: readonly string[], target: string): boolean {
  if (target === '' || target.startsWith('/') || names.length < 2) return false;
  const to = posix.normalize(posix.join(...names.slice(0, -1), target));
  return to === names[0] || to.startsWith(`${names[0] ?? ''}/`);
}

async function placeOf(target: string, guarded: readonly string[]): Promise<Place> {
  const path = resolve(target);
  const whole = await openAnchored(path, guarded).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  });
  if (whole) return { root: whole, shown: path, rename: null };
  if (target.endsWith('/')) throw new AiVmError('copy.failed', `${path} is no directory`, { fix: `mkdir -p ${path}` });
  const parent = await openAnchored(dirname(path), guarded).catch((error: unknown) => {
    throw error instanceof AiVmError ? error : new AiVmError('copy.failed', `${dirname(path)} is no directory`);
  });
  return { root: parent, shown: dirname(path), rename: basename(path) };
}

/** Unpacks what `stream` brings. @throws AiVmError copy.failed, usage; what the stream fails with */
export async function unpackTo(
  stream: Readable,
  extract: Extract,
  target: string,
  options: { readonly guarded: readonly string[]; readonly tally: Tally; readonly signal: AbortSignal },
): Promise<void> {
  const place = await placeOf(target, options.guarded);
  const feeding = pipeline(stream, extract, { signal: options.signal });
  feeding.catch(() => undefined);
  try {
    let first: string | undefined;
    /** The archive has what is in a directory, and not it itself: that is the target then. */
    let inside = false;
    for await (const entry of extract) {
      const names = namesOf(entry.header.name);
      if (names === null) throw outside(entry.header.name);
      if (names.length === 0) inside = true;
      if (place.rename !== null && inside) names.unshift(place.rename);
      else if (place.rename !== null) {
        first ??= names[0];
        if (names[0] !== first) {
          throw new AiVmError('usage', `several files cannot all become ${join(place.shown, place.rename)}`, {
            fix: 'Name a directory that is there.',
          });
        }
        names[0] = place.rename;
      }
      if (names.length > 0) await writeEntry(place, names, entry, options.tally);
      entry.resume();
    }
    await feeding;
  } finally {
    await place.root.close();
  }
}

const outside = (name: string): AiVmError =>
  new AiVmError('copy.failed', `the guest sent a file for a place outside of the target: ${sanitise(name)}`);

async function writeEntry(place: Place, names: readonly string[], entry: Entry, tally: Tally): Promise<void> {
  const { type, mode = 0o644, linkname } = entry.header;
  const shown = sanitise(names.join('/'));
  if (type === 'directory') {
    const made = await directoryFor(place, names, (mode & 0o777) | 0o700);
    await made.close();
    return;
  }
  const link = type === 'symlink' && staysInside(names, linkname ?? '');
  if (type !== 'file' && type !== 'contiguous-file' && !link) {
    const what = type === 'symlink' ? 'a symlink that leads out of what is copied' : 'neither a file nor a directory';
    tally.skipped.push(`${shown} is ${what}`);
    return;
  }
  const directory = await directoryFor(place, names.slice(0, -1), 0o755);
  try {
    await put(directory, names.at(-1)!, shown, async (path) => {
      if (link) await symlink(linkname ?? '', path);
      else await writeFile(entry, path, mode & 0o777, tally);
    });
    if (link) tally.links += 1;
    else {
      tally.files += 1;
      tally.bytes += entry.header.size ?? 0;
    }
  } finally {
    await directory.close();
  }
}

/** Opens a directory of the target; what is missing of it is made. */
async function directoryFor({ root, shown }: Place, names: readonly string[], mode: number): Promise<FileHandle> {
  let at = await descend(root, [], shown);
  for (const [n, name] of names.entries()) {
    try {
      await mkdir(within(at, name), mode).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      });
      const next = await descend(at, [name], join(shown, ...names.slice(0, n)));
      await at.close();
      at = next;
    } catch (error) {
      await at.close();
      throw error;
    }
  }
  return at;
}

/** Written beside and renamed: whatever has the name is replaced, and never written through. */
async function put(
  directory: FileHandle,
  name: string,
  shown: string,
  make: (path: string) => Promise<void>,
): Promise<void> {
  const partial = within(directory, `.ai-vm-${randomBytes(6).toString('hex')}`);
  try {
    await make(partial);
    await rename(partial, within(directory, name));
  } catch (error) {
    await rm(partial, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EISDIR')
      throw new AiVmError('copy.failed', `${shown} is a directory on this host, and is not replaced`);
    throw error;
  }
}

async function writeFile(entry: Entry, path: string, mode: number, tally: Tally): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const file = await open(path, flags, 0o600);
  try {
    for await (const chunk of entry as AsyncIterable<Buffer>) {
      await file.writeFile(chunk);
      tally.moved += chunk.length;
    }
    await file.chmod(mode);
    const { mtime } = entry.header;
    if (mtime) await file.utimes(mtime, mtime);
  } finally {
    await file.close().catch(() => undefined);
  }
}
