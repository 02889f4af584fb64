/** The command line as a user runs it: the built bundle in a process of its own. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { execa } from 'execa';
import { asUser, self, type TestUser } from './user.ts';

const BUNDLE = resolve(import.meta.dirname, '../../dist/main.js');

const INSTALLED = resolve(import.meta.dirname, '../../dist/ai-vm');

/** Longer than any one command takes that builds an image on a slow machine. */
const DEFAULT_TIMEOUT_MS = 15 * 60_000;

/** What a command inherits of our environment; all else would let one machine's habits into the tests. */
const INHERITED = /^(PATH|https?_proxy|no_proxy|SSL_CERT_FILE|NODE_EXTRA_CA_CERTS|TMPDIR|AI_VM_MIRROR.*)$/iu;

export interface CliOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Sent to stdin, which is closed then. Without it, stdin is empty. */
  readonly input?: string | Uint8Array | undefined;
  readonly as?: TestUser | undefined;
  /** In the place of Node with the bundle: the command as it is installed. */
  readonly installed?: boolean | undefined;
  /** What runs the command instead: it gets it as its last arguments. */
  readonly within?: readonly string[] | undefined;
  readonly timeoutMs?: number | undefined;
  /** Aborting it sends SIGINT, as Ctrl-C would. */
  readonly interrupt?: AbortSignal | undefined;
}

export interface CliResult {
  /** As a shell has it: 128 + n for a command that signal n ended. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that has not ended yet. */
export interface Running {
  readonly pid: number;
  /** What it has printed so far. */
  readonly printed: () => { readonly stdout: string; readonly stderr: string };
  /** Resolves as soon as stderr matches. Rejects when the command ends without. */
  readonly says: (pattern: RegExp) => Promise<void>;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Rejects when it could not be started or took too long. */
  readonly ended: Promise<CliResult>;
}

/** Starts `ai-vm` with `args` and lets it run. */
export function begin(args: readonly string[], options: CliOptions): Running {
  if (!existsSync(BUNDLE)) throw new Error('there is no dist/main.js: run `npm run build` first');
  const user = options.as ?? self();
  const program = options.installed === true ? [INSTALLED] : [process.execPath, BUNDLE];
  const [command, ...rest] = asUser(user, [...(options.within ?? []), ...program, ...args]);
  const child = execa(command ?? '', rest, {
    cwd: options.cwd,
    env: { ...environment(user), ...options.env },
    extendEnv: false,
    input: options.input ?? '',
    reject: false,
    stripFinalNewline: false,
    timeout: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    forceKillAfterDelay: 10_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  const onInterrupt = (): void => {
    child.kill('SIGINT');
  };
  options.interrupt?.addEventListener('abort', onInterrupt, { once: true });
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (bytes: Buffer) => (printed[name] += bytes.toString('utf8')));
  }
  const ended = (async (): Promise<CliResult> => {
    const result = await child;
    options.interrupt?.removeEventListener('abort', onInterrupt);
    if (result.timedOut) throw new Error(`ai-vm ${args.join(' ')} took too long\n${result.stdout}\n${result.stderr}`);
    const code = result.exitCode ?? (result.signal === undefined ? null : 128 + (SIGNALS[result.signal] ?? 0));
    if (code === null) throw new Error(`ai-vm ${args.join(' ')} could not be started`, { cause: result.cause });
    return { code, stdout: result.stdout, stderr: result.stderr };
  })();
  ended.catch(() => undefined);
  const says = (pattern: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (pattern.test(printed.stderr)) resolve();
      };
      child.stderr.on('data', look);
      look();
      const never = (): void => {
        reject(new Error(`ai-vm ${args.join(' ')} ended and never said ${String(pattern)}\n${printed.stderr}`));
      };
      ended.then(never, never);
    });
  return { pid: child.pid ?? 0, printed: () => printed, says, kill: (signal) => child.kill(signal), ended };
}

/** Runs `ai-vm` with `args`. Throws only when it could not be started or took too long; stdout is never trimmed. */
export function cli(args: readonly string[], options: CliOptions): Promise<CliResult> {
  return begin(args, options).ended;
}

const SIGNALS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
};

/** A plain environment of that user's. */
function environment(user: TestUser): Record<string, string> {
  const inherited = Object.entries(process.env).flatMap(([name, value]) =>
    value !== undefined && INHERITED.test(name) ? [[name, value] as const] : [],
  );
  return {
    ...Object.fromEntries(inherited),
    HOME: user.home,
    USER: user.name,
    LOGNAME: user.name,
    LANG: 'C.UTF-8',
    TERM: 'dumb',
  };
}
