/**
 * Files of git repositories at a commit. They are fetched once into repositories of our own, which never have a work tree and lie where
 * no guest writes, and are read out of these from then on.
 */
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { AiVmError } from '../model/errors.ts';
import { reasonOf, startDeadline } from './deadline.ts';

export interface GitPlace {
  /** The user's directory of caches. */
  readonly cacheHome: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

export interface GitFile {
  readonly url: string;
  /** 40 hexadecimal digits. */
  readonly commit: string;
  readonly path: string;
}

/** Milliseconds. */
const PATIENCE = 120_000;
/** Of one pack, in blocks of 512 bytes: 128 MiB. */
const MAX_BLOCKS = 262_144;
/** Of a file, in bytes. */
const MAX_BYTES = 1024 * 1024;

/** Nothing that a repository or somebody's configuration says is run, and nobody is asked for a password. */
const SETTINGS = [
  ...['core.hooksPath=/dev/null', 'core.fsmonitor=false', 'credential.helper=', 'submodule.recurse=false'],
  ...['gc.auto=0', 'maintenance.auto=false', 'fetch.writeCommitGraph=false'],
].flatMap((each) => ['-c', each]);

/** What git and ssh find the way with; of git's own variables none. */
const KEPT = /^(PATH|HOME|LANG|SSH_AUTH_SOCK|https?_proxy|no_proxy|all_proxy|SSL_CERT_(FILE|DIR))$/i;

function environment(env: GitPlace['env']): Record<string, string> {
  const kept = Object.entries(env).flatMap(([name, value]) =>
    KEPT.test(name) && value !== undefined ? [[name, value]] : [],
  );
  return {
    ...(Object.fromEntries(kept) as Record<string, string>),
    ...{ GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_ATTR_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0' },
    ...{ GIT_ASKPASS: '/bin/false', SSH_ASKPASS: '/bin/false', GIT_SSH_COMMAND: 'ssh -o BatchMode=yes' },
    ...{ GIT_ALLOW_PROTOCOL: 'https:http:ssh', GIT_NO_LAZY_FETCH: '1' },
  };
}

/** With all that it starts, which would go on without it. @throws what execa throws; an Error when it takes too long */
async function git(args: readonly string[], { env, signal }: GitPlace) {
  const late = (): Error => new Error(`it took more than ${PATIENCE / 1000} s`);
  const deadline = startDeadline(PATIENCE, signal, late);
  const limited = 'ulimit -f "$1" && shift && exec git "$@"';
  const child = execa('sh', ['-c', limited, 'sh', String(MAX_BLOCKS), ...SETTINGS, ...args], {
    ...{ cwd: '/', env: environment(env), extendEnv: false, stdin: 'ignore', detached: true },
    ...{ maxBuffer: MAX_BYTES, stripFinalNewline: false, encoding: 'buffer' as const },
  });
  const end = (): void => {
    if (child.pid !== undefined) endGroup(child.pid);
  };
  deadline.signal.addEventListener('abort', end, { once: true });
  if (deadline.signal.aborted) end();
  try {
    return await child;
  } catch (error) {
    throw deadline.signal.aborted ? reasonOf(deadline.signal) : error;
  } finally {
    deadline.clear();
  }
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

const repositoryOf = ({ commit }: GitFile, { cacheHome }: GitPlace): string => join(cacheHome, 'git', `${commit}.git`);

/** Whether it can be read without a network. */
export const isFetched = (file: GitFile, place: GitPlace): Promise<boolean> =>
  stat(repositoryOf(file, place)).then(
    () => true,
    () => false,
  );

/**
 * The text of a file. A commit says what is in it, so what was fetched from anywhere will do.
 * @throws AiVmError config.unreachable, host.missing, interrupted
 */
export async function readGitFile(file: GitFile, place: GitPlace): Promise<string> {
  const repository = repositoryOf(file, place);
  if (!(await isFetched(file, place))) await fetchInto(repository, file, place);
  const object = `${file.commit}:${file.path}`;
  const blob = await git([`--git-dir=${repository}`, 'cat-file', 'blob', object], place).catch((error: unknown) => {
    throw problem(file, place, error, 'look whether the commit has that file, of at most 1 MiB');
  });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(blob.stdout);
  } catch (error) {
    throw problem(file, place, error, 'it is not UTF-8 text: name another file');
  }
}

/** Whole or not at all. */
async function fetchInto(repository: string, file: GitFile, place: GitPlace): Promise<void> {
  await mkdir(join(place.cacheHome, 'git'), { recursive: true, mode: 0o700 });
  const partial = await mkdtemp(`${repository}.partial-`);
  try {
    await git(['init', '--quiet', '--bare', '--template=', partial], place);
    const how = ['--quiet', '--depth=1', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules'];
    await git([`--git-dir=${partial}`, 'fetch', ...how, '--end-of-options', file.url, file.commit], place);
    await git([`--git-dir=${partial}`, 'cat-file', 'commit', file.commit], place);
    // Whoever was faster has the same.
    await rename(partial, repository).catch(async (error: unknown) => {
      if (!(await isFetched(file, place))) throw error;
    });
  } catch (error) {
    throw problem(file, place, error, 'look whether the address and the commit are right, and whether you are online');
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

interface Failure {
  readonly exitCode?: number;
  readonly isMaxBuffer?: boolean;
  readonly stderr?: Uint8Array;
}

function problem({ url, commit, path }: GitFile, { signal }: GitPlace, cause: unknown, fix: string): AiVmError {
  if (signal.aborted) return new AiVmError('interrupted', `fetching from ${url} was interrupted`, { cause });
  const { exitCode, isMaxBuffer, stderr } = cause as Failure;
  if (exitCode === 127) {
    return new AiVmError('host.missing', 'git is missing', {
      why: `a file of ${url} is included`,
      fix: 'sudo apt install git',
      cause,
    });
  }
  const said = Buffer.from(stderr ?? '')
    .toString('utf8')
    .trim()
    .split('\n')
    .at(-1)
    ?.slice(0, 300);
  const short = cause instanceof Error ? cause.message.split('\n')[0]! : String(cause);
  const why = isMaxBuffer ? 'it is larger than 1 MiB' : said || short;
  return new AiVmError('config.unreachable', `cannot read ${path} of ${url} at commit ${commit}`, { why, fix, cause });
}
