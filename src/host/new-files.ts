/** Files of the user's own that are made in a project: whole or not at all, and never through a symlink. */
import { constants } from 'node:fs';
import { link, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** More than any list of ignored files has (bytes). */
const LIMIT = 1024 * 1024;

/**
 * Writes a file.
 * @param replace whether one that is there gives way; otherwise EEXIST is thrown
 */
export async function writeOwn(path: string, content: string | Buffer, replace: boolean, mode = 0o644): Promise<void> {
  const partial = join(dirname(path), `.${basename(path)}.${process.pid}.partial`);
  const file = await open(partial, 'wx', mode);
  try {
    await writeAndClose(file, content);
    // A link is made only where there is nothing; a rename takes the place of a symlink, not of what it leads to.
    await (replace ? rename(partial, path) : link(partial, path));
  } finally {
    await rm(partial, { force: true });
  }
}

async function writeAndClose(file: FileHandle, content: string | Buffer): Promise<void> {
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Whether a list of ignored files has this directory: `.ai-vm/`, `/.ai-vm`, … */
const hasLine = (text: string, dir: string): boolean =>
  text.split(/\r?\n/).some((line) => line.trim().replace(/^\//, '').replace(/\/$/, '') === dir);

/**
 * Has Git ignore a directory: one more line at the end of what is there.
 * @param path of the `.gitignore`
 * @returns whether it is written; null when what is there is no file to be added to
 */
export async function ignoreDirectory(path: string, dir: string): Promise<boolean | null> {
  const found = await readOwn(path);
  if (found === 'unusable') return null;
  // As bytes: what is no UTF-8 must come out as it went in.
  const text = found?.bytes.toString('latin1') ?? '';
  if (hasLine(text, dir)) return false;
  const end = text.includes('\r\n') ? '\r\n' : '\n';
  const added = `${text === '' || text.endsWith('\n') ? '' : end}${dir}/${end}`;
  const bytes = Buffer.concat([found?.bytes ?? Buffer.alloc(0), Buffer.from(added)]);
  await writeOwn(path, bytes, found !== null, found?.mode);
  return true;
}

async function readOwn(path: string): Promise<{ bytes: Buffer; mode: number } | 'unusable' | null> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stat = await file.stat();
      if (!stat.isFile() || stat.size > LIMIT) return 'unusable';
      return { bytes: await file.readFile(), mode: stat.mode & 0o777 };
    } finally {
      await file.close();
    }
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? null : 'unusable';
  }
}
