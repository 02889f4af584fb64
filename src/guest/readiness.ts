/** Has the guest come up? Told by events where there are any; and told at once when it never will. */
import { setTimeout as sleep } from 'node:timers/promises';
import { AiVmError } from '../model/errors.ts';
import { formatDuration } from '../model/units.ts';
import { Agent } from './agent.ts';
import { reasonOf, startDeadline, throwIfAborted } from '../host/deadline.ts';
import type { Limits } from '../host/deadline.ts';
import { knock } from './readiness-ssh.ts';

interface MonitorEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What is needed of a QMP connection. */
export interface Monitor {
  mark(): number;
  waitEvent(
    predicate: (event: MonitorEvent) => boolean,
    options: { readonly since?: number; readonly signal?: AbortSignal },
  ): Promise<MonitorEvent>;
  execute(command: string, args?: Readonly<Record<string, unknown>>, limits?: Limits): Promise<unknown>;
}

export interface AgentWait extends Limits {
  /** Id of the agent's chardev; default `agent`. */
  readonly chardev?: string;
}

export interface BannerWait extends Limits {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** With it, the end of the machine is noticed at once; without, when nothing listens on the port any more. */
  readonly monitor?: Monitor;
}

const TIMEOUT = 300_000;
/** An agent that has opened its port answers in milliseconds; under TCG on a busy host it may take some seconds. */
const PING_TIMEOUT = 5_000;
const RETRY = 25;

/**
 * Resolves when the guest agent answers. Polls nothing: QEMU tells when the guest opens the agent's port, and whether it
 * has been open before.
 * Rejects with `guest.never-ready` after `timeout` (default 5 minutes), with `qemu.died` as soon as QEMU goes away, the
 * machine shuts down or its kernel panics, or with the signal's reason.
 * @param port id of the agent's virtserialport
 * @param socket path of its chardev's socket
 */
export async function waitForAgent(
  monitor: Monitor,
  port: string,
  socket: string,
  options: AgentWait = {},
): Promise<void> {
  const { chardev = 'agent' } = options;
  await bounded('its agent did not answer', options, monitor, async (signal) => {
    for (;;) {
      const since = monitor.mark();
      if (!(await isOpen(monitor, chardev, signal))) {
        const opens = ({ event, data }: MonitorEvent): boolean =>
          event === 'VSERPORT_CHANGE' && data['id'] === port && data['open'] === true;
        await monitor.waitEvent(opens, { since, signal });
      }
      try {
        await new Agent(socket).ping({ timeout: PING_TIMEOUT, signal });
        return;
      } catch {
        // The agent may be starting anew.
        throwIfAborted(signal);
        await sleep(RETRY, undefined, { signal });
      }
    }
  });
}

/**
 * Resolves when an SSH server in the guest greets through the forwarded port. Rejects like {@link waitForAgent}.
 * @param port on the host
 */
export async function waitForSshBanner(port: number, options: BannerWait = {}): Promise<void> {
  const { host = '127.0.0.1', monitor } = options;
  await bounded('it did not answer on SSH', options, monitor, (signal) => knock(host, port, signal));
}

/** Runs `work` until it ends, the time is over, the caller gives up, or the machine goes away. */
async function bounded(
  what: string,
  limits: Limits,
  monitor: Monitor | undefined,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const timeout = limits.timeout ?? TIMEOUT;
  const deadline = startDeadline(timeout, limits.signal, () => {
    return new AiVmError('guest.never-ready', `the guest did not come up: ${what} within ${formatDuration(timeout)}`);
  });
  const stop = new AbortController();
  const { signal } = stop;
  const over = (): void => stop.abort(deadline.signal.reason);
  deadline.signal.addEventListener('abort', over, { once: true });
  if (deadline.signal.aborted) over();
  try {
    await Promise.race([work(signal), ...(monitor === undefined ? [] : [machineEnd(monitor, signal)])]);
  } catch (error) {
    if (deadline.signal.aborted) throw reasonOf(deadline.signal);
    if (error instanceof AiVmError && error.code === 'qmp.closed') throw died('QEMU has gone away.', error);
    throw error;
  } finally {
    deadline.clear();
    // Whatever still waits lets go.
    stop.abort(new Error('decided'));
  }
}

/** Rejects when the machine ends; never resolves. */
async function machineEnd(monitor: Monitor, signal: AbortSignal): Promise<never> {
  const ends = ({ event }: MonitorEvent): boolean => event === 'SHUTDOWN' || event === 'GUEST_PANICKED';
  const { event, data } = await monitor.waitEvent(ends, { signal });
  if (event === 'GUEST_PANICKED') throw died('The kernel of the guest has panicked.');
  throw died(data['guest'] === true ? 'The guest has shut itself down.' : 'QEMU was told to quit.');
}

function died(why: string, cause?: unknown): AiVmError {
  return new AiVmError('qemu.died', 'the machine ended before its guest was up', { why, cause });
}

/** Whether the guest has opened the port behind this chardev already: its event may have been before our time. */
async function isOpen(monitor: Monitor, chardev: string, signal: AbortSignal): Promise<boolean> {
  const all = await monitor.execute('query-chardev', {}, { signal });
  const found: unknown = Array.isArray(all)
    ? all.find((one: { readonly label?: unknown } | null) => one?.label === chardev)
    : undefined;
  return typeof found === 'object' && found !== null && 'frontend-open' in found && found['frontend-open'] === true;
}
