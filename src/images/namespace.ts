/**
 * Where images are built: as root of a mount and process namespace of its own (an ordinary user: of a user namespace
 * too). Everything started in there dies with its first process and every mount goes with it, whatever becomes of us.
 */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { findProgram, firstSubId } from '../host/accounts.ts';
import { boundToUs } from '../host/bound.ts';
import { AiVmError } from '../model/errors.ts';

/** In the namespace, root is whoever we are outside; its other ids are our subordinate ones. */
const NAMESPACE = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
const USER_NAMESPACE = ['--user', '--map-root-user', '--map-auto'];

const isRoot = (): boolean => process.getuid?.() === 0;

/** The command that runs `argv` in there. It is killed when its parent is: by the kernel, so kill -9 counts too. */
export function inNamespace(argv: readonly string[], root: boolean): string[] {
  const unshare = ['unshare', ...(root ? [] : USER_NAMESPACE), ...NAMESPACE];
  return boundToUs([...unshare, '--', ...argv], 'KILL');
}

export interface NamespaceRun {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** All output is appended here. */
  readonly log: string;
  readonly signal?: AbortSignal | undefined;
  readonly onLine?: (line: string) => void;
}

/** What a command printed last, for the error message. */
const KEPT = 200;

/**
 * Runs a command as root of a namespace.
 * @throws AiVmError `image.build` with the last meaningful lines and the path of the log; whatever the signal aborts with
 */
export async function runInNamespace(argv: readonly string[], run: NamespaceRun): Promise<void> {
  run.signal?.throwIfAborted();
  const [command, ...args] = inNamespace(argv, isRoot());
  const log = createWriteStream(run.log, { flags: 'a', mode: 0o600 });
  const last: string[] = [];
  const child = execa(command!, args, {
    cwd: run.cwd,
    env: { LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive', ...run.env },
    stdin: 'ignore',
    all: true,
    buffer: false,
    reject: false,
    // SIGKILL of the first process: nothing in the namespace outlives it.
    ...(run.signal ? { cancelSignal: run.signal } : {}),
    killSignal: 'SIGKILL',
  });
  const lines = createInterface({ input: child.all, crlfDelay: Infinity });
  lines.on('line', (line) => {
    log.write(`${line}\n`);
    last.push(line);
    if (last.length > KEPT) last.shift();
    run.onLine?.(line);
  });
  const drained = once(lines, 'close');
  const ended = await child;
  await drained;
  await new Promise((done) => log.end(done));
  run.signal?.throwIfAborted();
  if (ended.exitCode === 0) return;
  throw new AiVmError('image.build', 'the image could not be built', {
    why: [...meaningful(last), `The whole log: ${run.log}`].join('\n'),
    fix: 'Mend what the log names and run the same command again: what is downloaded and done is kept.',
    cause: ended.cause,
  });
}

/** The lines that say why: errors where there are any, else just the last ones. */
export function meaningful(lines: readonly string[]): string[] {
  const errors = lines.filter((line) =>
    /^(E:|W: .*(Failed|Could not)|Err:|dpkg: error|mke2fs:|.*\b(error|failed)\b)/i.test(line),
  );
  const chosen = errors.length > 0 ? errors : lines.filter((line) => line.trim() !== '');
  return chosen.slice(-6).map((line) => line.slice(0, 300));
}

/**
 * Whether this user can build at all.
 * @throws AiVmError `host.missing` with the command that mends it
 */
export async function requireNamespace(): Promise<void> {
  if (isRoot()) return;
  const { username, uid } = userInfo();
  if ((await findProgram('newuidmap')) === null) {
    throw new AiVmError('host.missing', 'newuidmap is missing: an ordinary user cannot build images without it', {
      fix: "sudo apt-get install uidmap (or your system's package of that program)",
    });
  }
  for (const file of ['/etc/subuid', '/etc/subgid']) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (firstSubId(text, { name: username, uid }) !== null) continue;
    throw new AiVmError(
      'host.missing',
      `${username} has no subordinate ids in ${file}, which building an image needs`,
      {
        fix: `sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${username}`,
      },
    );
  }
  const [command, ...args] = inNamespace(['true'], false);
  const tried = await execa(command!, args, { reject: false, stdin: 'ignore' });
  if (tried.exitCode === 0) return;
  throw new AiVmError(
    'host.missing',
    'this host gives ordinary users no user namespaces, which building an image needs',
    {
      why: tried.stderr.slice(0, 500),
      fix: 'sudo sysctl -w kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0 (those that exist), or run as root',
    },
  );
}

/** Removes a tree whose files may belong to subordinate ids, which an ordinary user cannot remove from outside. */
export async function removeTree(path: string): Promise<void> {
  const [command, ...args] = inNamespace(['rm', '-rf', '--one-file-system', '--', path], isRoot());
  await execa(command!, args, { stdin: 'ignore' });
}
