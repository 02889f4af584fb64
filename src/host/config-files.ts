import { constants } from 'node:fs';
import { lstat, open, readlink, realpath, type FileHandle } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { AiVmError } from '../model/errors.ts';

/** In the order of preference of the messages; two of them in one directory are an error. */
export const CONFIG_NAMES = ['ai-vm.yaml', 'ai-vm.yml', 'ai-vm.toml'] as const;

/** Larger than any real one, in bytes. */
const MAX_BYTES = 1024 * 1024;

export interface ConfigFileText {
  /** Absolute, in `dir`; the name itself may be a symbolic link. */
  readonly path: string;
  /** The real path of the directory that the file was found in: the project's directory. */
  readonly dir: string;
  readonly text: string;
}

/**
 * The project's configuration: the explicit file, or the first one found in `cwd` and the directories above it.
 * Throws AiVmError config.not-found or config.unreadable.
 */
export async function findConfig(cwd: string, explicit?: string): Promise<ConfigFileText> {
  const path = explicit === undefined ? await discover(cwd) : resolve(cwd, explicit);
  const handle = await openConfig(path, explicit !== undefined);
  try {
    const dir = await realpath(dirname(path));
    await judge(path, dir, handle);
    return { path, dir, text: decode(path, await readBounded(path, handle)) };
  } finally {
    await handle.close();
  }
}

async function discover(cwd: string): Promise<string> {
  for (let dir = resolve(cwd); ; dir = dirname(dir)) {
    const found: string[] = [];
    for (const name of CONFIG_NAMES) if (await exists(join(dir, name))) found.push(name);
    if (found.length > 1) {
      throw new AiVmError('config.unreadable', `there are two configuration files in ${dir}: ${found.join(' and ')}`, {
        why: 'they may say different things, and it is not clear which one counts',
        fix: 'remove one of them, or name the one you mean with --file',
      });
    }
    if (found[0] !== undefined) return join(dir, found[0]);
    if (dir === dirname(dir)) break;
  }
  throw new AiVmError('config.not-found', `no ai-vm.yaml, ai-vm.yml or ai-vm.toml in ${resolve(cwd)} or above`, {
    fix: 'go to the directory of your project, name a file with --file, or write one: `vms: {dev: {}}` in ai-vm.yaml',
  });
}

/** A dangling link counts as found: that it leads nowhere is worth saying. */
const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';

/** What is opened is what is judged; O_NONBLOCK, so that a pipe in the file's place cannot hold us up. */
async function openConfig(path: string, explicit: boolean): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    const code = codeOf(error);
    if (explicit && (code === 'ENOENT' || code === 'ENOTDIR') && !(await exists(path))) {
      throw new AiVmError('config.not-found', `${path} does not exist`, {
        fix: 'check the path that was given',
        cause: error,
      });
    }
    throw unreadable(path, REASONS[code] ?? (code || String(error)), 'make it a file that you may read', error);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  ENOENT: 'it is a symbolic link that leads nowhere',
  ELOOP: 'it is a symbolic link that leads to itself',
  ENXIO: 'it is no regular file',
};

async function judge(path: string, dir: string, handle: FileHandle): Promise<void> {
  const stat = await handle.stat();
  if (!stat.isFile()) throw unreadable(path, 'it is no regular file', 'put a file with the configuration there');
  // Messages quote the file, so a link that a repository brings along must not make them quote anything else.
  const real = await readlink(`/proc/self/fd/${handle.fd}`).catch(() => realpath(path));
  if (!real.startsWith(dir === sep ? sep : dir + sep)) {
    throw unreadable(
      path,
      'it is a symbolic link that leads out of its directory',
      'put a copy of the file there instead',
    );
  }
  const me = process.getuid?.() ?? 0;
  // Root works on a project as the owner of its directory, so that is who may have written it.
  const owner = me === 0 ? (await lstat(dir)).uid : me;
  if (stat.uid === owner || stat.uid === 0) return;
  throw unreadable(
    path,
    `it belongs to another user (${stat.uid}), who could make it ask for anything`,
    `sudo chown ${owner} '${path.replaceAll("'", `'\\''`)}', if you trust what is in it`,
  );
}

async function readBounded(path: string, handle: FileHandle): Promise<Buffer> {
  // The size may be a lie, or change: read until the end or the limit.
  const buffer = Buffer.alloc(MAX_BYTES + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
    if (bytesRead === 0) return buffer.subarray(0, length);
    length += bytesRead;
  }
  throw unreadable(path, 'it is larger than 1 MiB', 'a configuration has a few hundred lines: is this the right file?');
}

function decode(path: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw unreadable(path, 'it is not UTF-8 text', `save it as UTF-8: iconv -f latin1 -t utf-8`, error);
  }
}

function unreadable(path: string, why: string, fix: string, cause?: unknown): AiVmError {
  return new AiVmError('config.unreadable', `cannot read ${path}`, { why, fix, cause });
}
