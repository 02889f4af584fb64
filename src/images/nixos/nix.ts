/** Runs Nix: arguments as a list, no shell, in a directory that nobody writes to, with what the environment must have and no more. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { findProgram } from '../../host/accounts.ts';
import { boundToUs } from '../../host/bound.ts';
import { AiVmError } from '../../model/errors.ts';
import { failureOf } from './failures.ts';
import { NixLog } from './log.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface NixRun {
  readonly env: Env;
  /** All that it says is appended here, in readable form. */
  readonly log: string;
  readonly signal?: AbortSignal | undefined;
  readonly progress: (text: string, fraction?: number) => void;
  /** What was to be done, for the message: `the image could not be built`. */
  readonly failing: string;
  /** The user has agreed to a source that is fetched with their SSH key. */
  readonly ssh: boolean;
  /** How long Nix may take to end its builders when it is cancelled (milliseconds). */
  readonly patience?: number;
}

/**
 * Flakes are switched on for this call alone. What a flake wants to set in Nix's own configuration, a hook for one, is never
 * taken over, and no registry says what a name means.
 */
const SETTINGS = [
  ...['--extra-experimental-features', 'nix-command flakes'],
  ...['--option', 'accept-flake-config', 'false', '--option', 'use-registries', 'false'],
];

/** What Nix and the programs that it fetches with go by. */
const KEPT =
  /^(PATH|HOME|USER|LOGNAME|TMPDIR|XDG_[A-Z_]+|NIX_[A-Z_]+|(https?|ftp|no|all)_proxy|SSL_CERT_(FILE|DIR)|CURL_CA_BUNDLE|GIT_SSL_CAINFO)$/i;

/** Git fetches over TLS alone, and asks nobody; with consent, with the user's SSH key. */
function environment(env: Env, ssh: boolean): Record<string, string> {
  const kept = Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && (KEPT.test(name) || (ssh && name === 'SSH_AUTH_SOCK')) ? [[name, value] as const] : [],
  );
  const git = { GIT_TERMINAL_PROMPT: '0', GIT_ALLOW_PROTOCOL: ssh ? 'https:ssh' : 'https' };
  return { ...Object.fromEntries(kept), ...git, LC_ALL: 'C.UTF-8' };
}

/** Lines that are kept for the error message. */
const LAST = 60;
const PATIENCE = 10_000;

/**
 * @param args the command first
 * @returns what it printed on stdout
 * @throws AiVmError `image.build`, `host.missing`, `host.space`; whatever the signal aborts with, once Nix and its builders have ended
 */
export async function runNix([command = '', ...args]: readonly string[], run: NixRun): Promise<string> {
  const { signal, env } = run;
  signal?.throwIfAborted();
  const { execa } = await import('execa');
  const log = createWriteStream(run.log, { flags: 'a', mode: 0o600 });
  // Killed when we are, however that is: it ends its builders then.
  const nix = ['nix', command, ...SETTINGS, '--log-format', 'internal-json', ...args];
  const [program = '', ...argv] = boundToUs(nix, 'TERM');
  log.write(`$ nix ${[command, ...args].join(' ')}\n`);
  const child = execa(program, argv, {
    ...{ cwd: '/', env: environment(env, run.ssh), extendEnv: false, stdin: 'ignore', reject: false },
    ...(signal ? { cancelSignal: signal } : {}),
    ...{ forceKillAfterDelay: run.patience ?? PATIENCE, stderr: 'pipe', buffer: { stdout: true, stderr: false } },
  });
  const parser = new NixLog();
  const errors: string[] = [];
  const last: string[] = [];
  const lines = createInterface({ input: child.stderr, crlfDelay: Infinity });
  lines.on('line', (line) => {
    const seen = parser.line(line);
    if (seen.progress) run.progress(seen.progress.text, seen.progress.fraction);
    if (seen.text === undefined || seen.text === '') return;
    log.write(`${seen.text}\n`);
    last.push(seen.text);
    if (last.length > LAST) last.shift();
    if (seen.error) errors.push(seen.text);
  });
  const drained = once(lines, 'close');
  const ended = await child;
  await drained;
  await new Promise((done) => log.end(done));
  signal?.throwIfAborted();
  if (ended.exitCode === 0) return ended.stdout;
  const { code, why, fix } = failureOf(errors, last);
  throw new AiVmError(code, run.failing, { why: `${why}\nThe whole log: ${run.log}`, fix, cause: ended.cause });
}

/** The oldest Nix that these calls are known to work with. */
const OLDEST = [2, 8] as const;

/** Version of the Nix on PATH, such as `2.8.0`; null: there is none. */
export async function nixVersion(env: Env = process.env): Promise<string | null> {
  const path = await findProgram('nix', env['PATH'] ?? '');
  if (path === null) return null;
  const { execa } = await import('execa');
  const { stdout } = await execa(path, ['--version'], { reject: false, stdin: 'ignore', timeout: 10_000, cwd: '/' });
  return /(\d+\.\d+\S*)/.exec(stdout)?.[1] ?? null;
}

export function isOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}

/** @throws AiVmError `host.missing` */
export async function requireNix(env: Env): Promise<void> {
  const version = await nixVersion(env);
  if (version !== null && !isOld(version)) return;
  throw new AiVmError(
    'host.missing',
    version === null ? 'cannot build a NixOS image without Nix' : `Nix ${version} is too old to build an image`,
    { fix: `Install Nix ${OLDEST.join('.')} or newer: https://nixos.org/download. Or declare \`image: debian\`.` },
  );
}
