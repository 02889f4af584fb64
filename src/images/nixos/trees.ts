/**
 * Copies of the files that Nix is to read. It never works in a directory that a guest may write to, so what is declared is read
 * as data, bounded, and laid out elsewhere: the files themselves, and those that they name by relative paths.
 */
import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir, realpath, stat, writeFile } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { readPart } from '../../host/config-files.ts';
import { isWithin } from '../../host/share-rules.ts';
import { AiVmError } from '../../model/errors.ts';
import { relativePaths } from './references.ts';

export interface TreeFile {
  readonly bytes: Uint8Array;
  readonly executable: boolean;
}

/** Relative path → file. */
export type Tree = ReadonlyMap<string, TreeFile>;

/** More than any real guest is made from. Bytes: of all files together. */
const MAX_FILES = 2000;
const MAX_BYTES = 32 * 1024 * 1024;

/** What tools leave in a project, and no guest is made from. */
const LEFT_OUT = /^(\.git|\.ai-vm|\.direnv|node_modules|result(-.*)?)$/;

export const textFile = (text: string): TreeFile => ({ bytes: Buffer.from(text), executable: false });

/** Digests of a tree's files, for the fingerprint. */
export const treeDigests = (tree: Tree): Record<string, string> =>
  Object.fromEntries(
    [...tree].map(([path, { bytes, executable }]) => [
      path,
      `${createHash('sha256').update(bytes).digest('hex')}${executable ? ' x' : ''}`,
    ]),
  );

/**
 * The files below `root` that `entries` are or name.
 * @param root absolute; nothing outside of it is read, wherever links and paths lead
 * @param entries relative to it; one that is not there is left out
 * @throws AiVmError `image.source`, `config.unreadable`
 */
export async function collect(root: string, entries: readonly string[]): Promise<Tree> {
  const real = await realpath(root).catch((cause: unknown) => {
    throw new AiVmError('image.source', `there is no directory ${root}`, { cause, fix: 'Check the path in the file.' });
  });
  const files = new Map<string, TreeFile>();
  const waiting = [...entries];
  const seen = new Set(waiting);
  const visit = (path: string): void => {
    if (!seen.has(path)) waiting.push(path);
    seen.add(path);
  };
  let size = 0;
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const at = join(real, path);
    const found = await stat(at).catch(() => null);
    if (found?.isDirectory() === true) {
      for (const name of await namesIn(at, real)) visit(posix.join(path, name));
      continue;
    }
    const file = found && (await readPart(at, real, MAX_BYTES));
    if (!file) continue;
    files.set(path, file);
    size += file.bytes.length;
    if (files.size > MAX_FILES || size > MAX_BYTES) throw tooMuch(root);
    for (const named of path.endsWith('.nix') ? namedBy(path, file.bytes, root) : []) visit(named);
  }
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function namesIn(dir: string, root: string): Promise<string[]> {
  if (!isWithin(await realpath(dir), root) || (await lstat(dir)).isSymbolicLink()) return [];
  return (await readdir(dir)).filter((name) => !LEFT_OUT.test(name));
}

function namedBy(path: string, bytes: Uint8Array, root: string): string[] {
  return relativePaths(Buffer.from(bytes).toString('utf8')).flatMap((named) => {
    const target = posix.join(posix.dirname(path), named).replace(/\/$/, '');
    if (target === '..' || target.startsWith('../')) {
      throw new AiVmError('image.source', `${join(root, path)} names ${named}, which is outside of ${root}`, {
        why: 'A guest is made from files of its project alone, so that a file cannot draw others of this host into it.',
        fix: 'Move that file into the project.',
      });
    }
    // In a flake, `./.` is the flake itself: what of it is needed is what it names otherwise.
    return target === '.' && path === 'flake.nix' ? [] : [target];
  });
}

const tooMuch = (root: string): AiVmError =>
  new AiVmError('image.source', `more than ${MAX_FILES} files, or ${MAX_BYTES / 2 ** 20} MiB, belong to the image`, {
    why: `They are in ${root}. A path such as ./. or ./src in Nix code stands for all that is below it.`,
    fix: 'Name the files that are needed one by one, or put them into a directory of their own.',
  });

/** Writes a tree into a directory that does not exist. */
export async function layOutTree(dir: string, tree: Tree): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  for (const [path, { bytes, executable }] of tree) {
    const file = join(dir, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes, { flag: 'wx', mode: executable ? 0o755 : 0o644 });
  }
}
