import { constants } from 'node:fs';
import { lstat, open, readlink, realpath, type FileHandle } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { AiVmError } from '../model/errors.ts';

/** In the order of preference of the messages; two of them in one directory are an error. */
export const CONFIG_NAMES = ['ai-vm.yaml', 'ai-vm.yml', 'ai-vm.toml'] as const;

/** What lies over the file beside it, unless files are named. */
export const OVERRIDE_NAMES = ['ai-vm.override.yaml', 'ai-vm.override.yml', 'ai-vm.override.toml'] as const;

/** Larger than any real one, in bytes. */
const MAX_BYTES = 1024 * 1024;

export interface ConfigFileText {
  /** Absolute, in `dir`; the name itself may be a symbolic link. */
  readonly path: string;
  /** The real path of the directory that the file was found in: the project's directory. */
  readonly dir: string;
  readonly text: string;
}

export interface Wanted {
  readonly cwd: string;
  /** Named by the user, `-` is stdin; empty: the file is looked for. */
  readonly files: readonly string[];
  /** Text of stdin; asked for once, and only where it is named. */
  readonly stdin: () => Promise<string>;
}

export interface FoundConfigs {
  /** The main one first; never empty. */
  readonly files: readonly ConfigFileText[];
  /** The project's directory, a real path: that of the main file, or of the working directory for stdin. */
  readonly dir: string;
  /** Whether the user has named them. */
  readonly named: boolean;
}

/**
 * The project's configuration: the files that the user names, or the first one found in `cwd` and the directories above it, and
 * the one that overrides it beside it.
 * Throws AiVmError config.not-found or config.unreadable.
 */
export async function findConfigs({ cwd, files, stdin }: Wanted): Promise<FoundConfigs> {
  if (files.length === 0) {
    const path = await discover(cwd);
    const main = await readConfig(path, false);
    const override = await nameIn(dirname(path), OVERRIDE_NAMES);
    const over = override === null ? [] : [await readConfig(join(dirname(path), override), false)];
    return { files: [main, ...over], dir: main.dir, named: false };
  }
  const found: ConfigFileText[] = [];
  for (const name of files) {
    if (name === '-') {
      const dir = await realpath(cwd);
      const text = await stdin();
      found.push({ path: join(dir, looksLikeToml(text) ? 'stdin.toml' : STDIN), dir, text });
    } else found.push(await readConfig(resolve(cwd, name), true));
  }
  return { files: found, dir: found[0]!.dir, named: true };
}

async function readConfig(path: string, explicit: boolean): Promise<ConfigFileText> {
  const handle = await openConfig(path, explicit);
  try {
    const dir = await realpath(dirname(path));
    await judge(path, dir, handle);
    return { path, dir, text: decode(path, await readBounded(path, handle)) };
  } finally {
    await handle.close();
  }
}

/**
 * A file that a configuration names, or that may lie beside it: within the project, wherever links lead.
 * @returns null when there is none
 * @throws AiVmError config.unreadable
 */
export async function readBeside(path: string, projectDir: string): Promise<string | null> {
  if (!(await exists(path))) return null;
  const handle = await openConfig(path, false);
  try {
    await judge(path, projectDir, handle);
    return decode(path, await readBounded(path, handle));
  } finally {
    await handle.close();
  }
}

/**
 * The same for a file of any kind, as bytes.
 * @param limit in bytes
 */
export async function readPart(
  path: string,
  projectDir: string,
  limit: number,
): Promise<{ readonly bytes: Buffer; readonly executable: boolean } | null> {
  if (!(await exists(path))) return null;
  const handle = await openConfig(path, false);
  try {
    await judge(path, projectDir, handle);
    const { mode, size } = await handle.stat();
    if (size > limit) throw unreadable(path, `it is larger than ${limit / 2 ** 20} MiB`, 'leave it out');
    return { bytes: await readBounded(path, handle, size), executable: (mode & 0o100) !== 0 };
  } finally {
    await handle.close();
  }
}

export interface OutsideText {
  readonly text: string;
  readonly realPath: string;
}

/**
 * A file that a configuration names, wherever it is: a person is asked before anything is made of it.
 * @returns null when there is none
 * @throws AiVmError config.unreadable
 */
export async function readOutside(path: string, projectDir: string): Promise<OutsideText | null> {
  if (!(await exists(path))) return null;
  const handle = await openConfig(path, false);
  try {
    const realPath = await judgeFile(path, projectDir, handle);
    if (/^\/(proc|sys|dev)\//.test(realPath)) throw unreadable(path, 'it is no file on a disk', 'name another one');
    return { realPath, text: decode(path, await readBounded(path, handle)) };
  } finally {
    await handle.close();
  }
}

/** A file of variables that the user has named. @throws AiVmError config.not-found, config.unreadable */
export async function readNamed(path: string): Promise<string> {
  return (await readConfig(path, true)).text;
}

/** Nothing says what comes through a pipe: its first line that says something does. */
function looksLikeToml(text: string): boolean {
  const first = text.split('\n', 1000).find((line) => !/^\uFEFF?\s*(#|$)/.test(line)) ?? '';
  return /^\s*(\[[^:{]*\]\s*(#.*)?$|["']?[\w.-]+["']?\s*=)/.test(first.slice(0, 1000));
}

/** How a configuration from stdin is called in messages; another one when it is TOML. */
export const STDIN = 'stdin.yaml';

/** Of these names the one that is there. @throws AiVmError config.unreadable when there are two */
async function nameIn(dir: string, names: readonly string[]): Promise<string | null> {
  const found: string[] = [];
  for (const name of names) if (await exists(join(dir, name))) found.push(name);
  if (found.length <= 1) return found[0] ?? null;
  throw new AiVmError('config.unreadable', `there are two configuration files in ${dir}: ${found.join(' and ')}`, {
    why: 'they may say different things, and it is not clear which one counts',
    fix: 'remove one of them, or name the one you mean with --file',
  });
}

async function discover(cwd: string): Promise<string> {
  for (let dir = resolve(cwd); ; dir = dirname(dir)) {
    const found = await nameIn(dir, CONFIG_NAMES);
    if (found !== null) return join(dir, found);
    if (dir === dirname(dir)) break;
  }
  throw new AiVmError('config.not-found', `no ai-vm.yaml, ai-vm.yml or ai-vm.toml in ${resolve(cwd)} or above`, {
    fix: 'ai-vm init writes one; or go to the directory of your project, or name a file with --file. Without a file: ai-vm up --ram 8 --cpu 4',
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
  const real = await judgeFile(path, dir, handle);
  // Messages quote the file, so a link that a repository brings along must not make them quote anything else.
  if (!real.startsWith(dir === sep ? sep : dir + sep)) {
    throw unreadable(
      path,
      'it is a symbolic link that leads out of its directory',
      'put a copy of the file there instead',
    );
  }
}

/** A regular file that nobody else can have written. @returns its real path */
async function judgeFile(path: string, dir: string, handle: FileHandle): Promise<string> {
  const stat = await handle.stat();
  if (!stat.isFile()) throw unreadable(path, 'it is no regular file', 'put a file with the configuration there');
  const me = process.getuid?.() ?? 0;
  // Root works on a project as the owner of its directory, so that is who may have written it.
  const owner = me === 0 ? (await lstat(dir)).uid : me;
  if (stat.uid === owner || stat.uid === 0) {
    return readlink(`/proc/self/fd/${handle.fd}`).catch(() => realpath(path));
  }
  throw unreadable(
    path,
    `it belongs to another user (${stat.uid}), who could make it ask for anything`,
    `sudo chown ${owner} '${path.replaceAll("'", `'\\''`)}', if you trust what is in it`,
  );
}

/** @param room bytes that there may be at the most */
async function readBounded(path: string, handle: FileHandle, room = MAX_BYTES): Promise<Buffer> {
  // The size may be a lie, or change: read until the end or the limit.
  const buffer = Buffer.alloc(room + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, length);
    if (bytesRead === 0) return buffer.subarray(0, length);
    length += bytesRead;
  }
  const why = room === MAX_BYTES ? 'it is larger than 1 MiB' : 'it grows while it is read';
  throw unreadable(path, why, 'a configuration has a few hundred lines: is this the right file?');
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
