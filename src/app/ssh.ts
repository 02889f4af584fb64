/** Into a machine: a shell, or a command with its arguments byte for byte. */
import { execa } from 'execa';
import { quoteCommand } from '../guest/quote.ts';
import { CARRIER, sshArgv } from '../guest/ssh.ts';
import { isWithin } from '../host/share-rules.ts';
import { AiVmError, EXIT } from '../model/errors.ts';
import type { Applied, Identity } from '../model/machine.ts';
import type { VmConfig } from '../model/desired.ts';
import type { Observed } from '../model/observed.ts';
import { observe } from '../reconcile/observe.ts';
import type { Context } from './context.ts';
import { hostAlias } from './identity.ts';
import { recordOf } from './record.ts';
import { onlyMachine } from './select.ts';

export interface Login {
  readonly vm: string;
  readonly identity: Identity;
  readonly applied: Applied;
  readonly seen: Observed;
}

/** A machine that can be logged in to, or the reason why not. */
export async function login(context: Context, name: string | undefined): Promise<Login> {
  const vm = await onlyMachine(context, name);
  const seen = await observe(vm, context.project.machine(vm));
  const declared = context.project.desired?.vms.find((config) => config.name === vm);
  const applied = recordOf(seen, declared);
  if (seen.identity && applied && seen.process) return { vm, identity: seen.identity, applied, seen };
  throw new AiVmError('machine.not-running', `${vm} is ${seen.state}`, { vm, fix: `ai-vm up ${vm}` });
}

/** Where a session begins: the first writable share that belongs to the project, else any share of it. */
export function workingDirectory(config: VmConfig, projectDir: string): string | null {
  const own = config.shares.filter((s) => isWithin(s.path, projectDir));
  return (own.find((s) => s.mode === 'rw') ?? own[0])?.target ?? null;
}

export interface SshOptions {
  readonly vm: string | undefined;
  /** Empty: a login shell. */
  readonly command: readonly string[];
  readonly user: string | null;
  /** Variables of the command, beside those that every session has. */
  readonly env?: Readonly<Record<string, string>>;
  /** Let the guest use the keys of the user's SSH agent for as long as the session lasts. */
  readonly forwardAgent?: boolean;
  /** Enter this directory of the guest first; undefined: the project's share, null: the home directory. */
  readonly directory?: string | null;
  /** Done while it runs. Never rejects. */
  readonly meanwhile?: ((target: Login) => Promise<void>) | undefined;
}

/** The `ssh` argument vector for a session. */
export function sessionArgv(context: Context, target: Login, options: SshOptions, tty: boolean): string[] {
  const words = options.command.length > 0 ? options.command : ['bash', '-l'];
  const carried = Object.keys(options.env ?? {});
  return lineArgv(context, target, options, tty, quoteCommand(carried.length > 0 ? unwrapped(carried, words) : words));
}

/** The same for a command as the guest's shell reads it; with an empty one, what stands before any. */
export function lineArgv(
  context: Context,
  { identity, applied, vm }: Login,
  options: Omit<SshOptions, 'vm' | 'command'>,
  tty: boolean,
  line: string,
): string[] {
  const { config, sshPort } = applied;
  const user = options.user ?? config.users[0]!;
  if (!config.users.includes(user)) {
    throw new AiVmError('usage', `${vm} has no user "${user}"`, { fix: `Its users: ${config.users.join(', ')}.` });
  }
  const directory = options.directory === undefined ? workingDirectory(config, context.project.dir) : options.directory;
  const paths = context.project.machine(vm);
  // A share that could not be mounted must not lock anybody out: then the session begins in the home directory.
  const enter = directory === null ? '' : `cd ${quoteCommand([directory])} 2>/dev/null; `;
  return sshArgv({
    user,
    port: sshPort,
    privateKey: paths.privateKey,
    knownHosts: paths.knownHosts,
    hostAlias: hostAlias(identity.uuid),
    // A shared connection is that of the user who began it, with what was forwarded then.
    controlPath: user === config.users[0] && options.forwardAgent !== true ? paths.sshControl : null,
    ...(options.forwardAgent ? { forwardAgent: true } : {}),
    tty,
    command: `${enter}exec ${line}`,
  });
}

/**
 * Variables travel under names that every sshd takes, and not in an argument list, where others could read them on either
 * side. In the guest they get their own names.
 */
const wrapped = (env: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.values(env).map((value, n) => [`${CARRIER}${n}`, value]));

const unwrapped = (names: readonly string[], words: readonly string[]): string[] => {
  const named = names.map((name, n) => `export ${name}="$${CARRIER}${n}"; unset ${CARRIER}${n}; `);
  return ['sh', '-c', `${named.join('')}exec "$@"`, 'sh', ...words];
};

/** What ssh ends with when it has no connection, or no longer. */
const LOST = 255;

/** It says that a pipe is broken, of a machine that is not there any more. */
async function tellIfGone(context: Context, { vm }: Login): Promise<void> {
  const { process, state } = await observe(vm, context.project.machine(vm));
  if (!process) context.emit({ type: 'warning', vm, message: `${vm} is ${state} by now: ai-vm up ${vm} starts it` });
}

/** @returns the exit code of what ran in the guest; 255 when ssh itself failed, as ssh says it */
export async function ssh(context: Context, options: SshOptions): Promise<number> {
  const target = await login(context, options.vm);
  const interactive = process.stdin.isTTY && process.stdout.isTTY;
  const argv = sessionArgv(context, target, options, interactive);
  const running = execa('ssh', argv, {
    stdio: 'inherit',
    reject: false,
    env: { LC_ALL: 'C.UTF-8', ...wrapped(options.env ?? {}) },
  });
  // What ends us ends it: a signal may be for this process alone.
  const pass = (): void => void running.kill((context.signal.reason as Error).message as NodeJS.Signals);
  context.signal.addEventListener('abort', pass, { once: true });
  if (context.signal.aborted) pass();
  const [result] = await Promise.all([running, options.meanwhile?.(target)]);
  context.signal.removeEventListener('abort', pass);
  if (result.exitCode === LOST) await tellIfGone(context, target);
  if (result.exitCode !== undefined) return result.exitCode;
  if (result.code === 'E2BIG') {
    throw new AiVmError('usage', 'the command is too long for this host', {
      fix: 'Hand what is long over on stdin, which has no limit.',
    });
  }
  if (result.code === 'ENOENT') throw new AiVmError('host.missing', 'ssh is not installed', { fix: 'ai-vm doctor' });
  return EXIT.interrupted;
}
