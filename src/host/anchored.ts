/**
 * Directories of the host, opened so that no symlink that a guest has planted leads out of them: what lies in a share is gone
 * through one opened directory after the other. A name within an opened directory is `/proc/self/fd/N/name`.
 */
import { constants } from 'node:fs';
import { lstat, open, realpath, type FileHandle } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { AiVmError } from '../model/errors.ts';
import { isWithin } from './share-rules.ts';

const FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** The path of one entry of an opened directory. */
export const within = (directory: FileHandle, name: string): string => `/proc/self/fd/${directory.fd}/${name}`;

const notFollowed = (path: string): AiVmError =>
  new AiVmError('copy.failed', `${path} is a symlink in a directory that a guest can write to`, {
    why: 'It may lead anywhere on this host, so it is not followed.',
    fix: 'Name what it leads to.',
  });

/** Opens a directory below an opened one, through no symlink. @throws AiVmError copy.failed; ENOENT, ENOTDIR */
export async function descend(from: FileHandle, names: readonly string[], shown: string): Promise<FileHandle> {
  let at = from;
  let path = shown;
  for (const name of names) {
    path = join(path, name);
    try {
      const next = await open(within(at, name), FLAGS);
      if (at !== from) await at.close();
      at = next;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // With O_DIRECTORY, a symlink is no directory.
      const planted = code === 'ELOOP' || (code === 'ENOTDIR' && (await lstat(within(at, name))).isSymbolicLink());
      if (at !== from) await at.close();
      throw planted ? notFollowed(path) : error;
    }
  }
  return at === from ? open(within(from, '.'), constants.O_RDONLY | constants.O_DIRECTORY) : at;
}

/**
 * Opens a directory that a user names. Their own symlinks count as ever; within a directory that a guest can write to, none is
 * followed.
 * @param guarded directories that a guest can write to, absolute
 * @throws AiVmError copy.failed; ENOENT, ENOTDIR, EACCES
 */
export async function openAnchored(path: string, guarded: readonly string[]): Promise<FileHandle> {
  const wanted = resolve(path);
  const shares = await Promise.all(
    guarded.map(async (named) => ({ named, real: await realpath(named).catch(() => null) })),
  );
  const around = shares.flatMap(({ named, real }) => {
    if (real === null) return [];
    const base = [named, real].find((dir) => isWithin(wanted, dir));
    return base === undefined ? [] : [{ real, rest: relative(base, wanted) }];
  });
  const [named] = around.sort((a, b) => a.rest.length - b.rest.length);
  if (named) return fromShare(named.real, named.rest);
  const real = await realpath(wanted);
  const led = shares.find((share) => share.real !== null && isWithin(real, share.real));
  return led?.real ? fromShare(led.real, relative(led.real, real)) : open(real, FLAGS);
}

async function fromShare(share: string, rest: string): Promise<FileHandle> {
  const base = await open(share, FLAGS);
  try {
    return await descend(base, rest === '' ? [] : rest.split('/'), share);
  } finally {
    await base.close();
  }
}
