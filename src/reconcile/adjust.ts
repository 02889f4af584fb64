/** Makes the changes of a machine that runs, one step after the other. Knows steps, knows no resource. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Agent } from '../guest/agent.ts';
import { onlineVcpus } from '../guest/agent-vcpus.ts';
import { mountOnce, settingsScript, unmountScript, unmountTagScript } from '../guest/live-scripts.ts';
import { installScript, takeBackScript } from '../guest/package-scripts.ts';
import { sanitise } from '../host/untrusted.ts';
import type { Helper } from '../model/boot.ts';
import { AiVmError, messageOf, type ErrorCode } from '../model/errors.ts';
import type { HostCheck, LiveStep, SharePlace } from '../model/live.ts';
import type { NetworkConfig } from '../model/network.ts';
import type { SecretConfig } from '../model/secrets.ts';
import type { Monitor, Qmp } from '../qemu/qmp.ts';
import { applyStep, holds } from './live.ts';

/** What a running machine is reached by. */
export interface Hands {
  readonly vm: string;
  readonly control: Monitor;
  readonly events: Pick<Qmp, 'mark' | 'waitEvent'>;
  readonly agent: Pick<Agent, 'exec' | 'use'>;
  /** Starts the server of a share on the host. */
  readonly serve: (helper: Helper) => Promise<void>;
  /** Ends whatever serves at this socket, and returns when it is gone. */
  readonly dismiss: (socket: string) => Promise<void>;
  /** Has the machine's gateway let out this, and starts it where there is none. */
  readonly gateway: (network: NetworkConfig) => Promise<void>;
  /** Has the gateway put these into requests, and no others. */
  readonly secrets: (secrets: readonly SecretConfig[]) => Promise<void>;
  /** Sessions share a connection, which knows only what was so when it began: the next one makes another. */
  readonly forgetLogin: () => Promise<void>;
  readonly signal: AbortSignal;
}

/** Milliseconds. A guest that is asked for a device lets go of it in a second, under emulation. */
const UNPLUG = 20_000;
/** A gigabyte is plugged in within a third of a second there; giving it back takes longer. */
const FOLLOW = 20_000;
const LOOK = 20;
const VCPUS = 60_000;

interface Kind {
  readonly code: ErrorCode;
  readonly fix: string;
  /** Milliseconds. */
  readonly timeout?: number;
}

const ANY: Kind = {
  code: 'guest.agent',
  fix: 'Mend it in the guest, where that is where it is; then ai-vm up tries it again.',
};

const PACKAGES: Kind = {
  code: 'guest.packages',
  fix: 'Mend the name, or the sources in the guest (/etc/apt/sources.list); then ai-vm up tries it again. A new disk would have it from its image.',
  // A large one on an emulated processor takes its time.
  timeout: 1_800_000,
};

async function run({ agent, signal, vm }: Hands, title: string, script: string, kind = ANY): Promise<void> {
  const limits = { signal, ...(kind.timeout === undefined ? {} : { timeout: kind.timeout }) };
  const { code, stdout, stderr } = await agent.exec(['/bin/sh', '-s'], { input: script, ...limits });
  if (code === 0) return;
  const said = sanitise(Buffer.concat([stdout, stderr]).toString('utf8'))
    .trim()
    .split('\n')
    .slice(-5)
    .join('\n');
  throw new AiVmError(kind.code, `${vm} could not ${title}`, {
    ...{ vm, why: said || `exit code ${code ?? 'none'}`, fix: kind.fix },
  });
}

/** Whoever was killed may have asked the guest before: QEMU does not ask it twice. */
const isAsked = (error: unknown): boolean =>
  error instanceof AiVmError && (error.why ?? '').includes('in the process of unplug');

/** QEMU does not survive a device that goes while it is in use, so the guest lets go of it first, and says so. */
export async function unplugDevice(
  { control, events, signal, vm }: Pick<Hands, 'control' | 'events' | 'signal' | 'vm'>,
  device: string,
  title: string,
): Promise<void> {
  const since = events.mark();
  if (await holds(control, { is: 'there', what: 'device', id: device })) {
    await control.execute('device_del', { id: device }).catch((error: unknown) => {
      if (!isAsked(error)) throw error;
    });
    // An earlier event names only the part of it that speaks virtio.
    const gone = ({ event, data }: { event: string; data: Readonly<Record<string, unknown>> }): boolean =>
      event === 'DEVICE_DELETED' && data['device'] === device;
    await events.waitEvent(gone, { since, signal, timeout: UNPLUG }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw new AiVmError('guest.agent', `${vm} could not ${title}`, {
        ...{ vm, why: `The guest does not let go of it: ${messageOf(error)}` },
        cause: error,
      });
    });
  }
}

async function unplug(hands: Hands, step: LiveStep & { readonly do: 'unplug' }): Promise<void> {
  await unplugDevice(hands, step.device, step.title);
  await clear(hands, step);
}

/** A server ends with the connection to it, unless nobody was ever connected. */
async function clear({ control, dismiss }: Hands, { chardev, socket }: SharePlace): Promise<void> {
  if (await holds(control, { is: 'chardev', id: chardev })) await control.execute('chardev-remove', { id: chardev });
  await dismiss(socket);
}

async function serve(hands: Hands, step: LiveStep & { readonly do: 'serve' }): Promise<void> {
  if (await holds(hands.control, step.unless)) return;
  // Whoever was killed before it came to the device may have left the server of another directory here.
  await clear(hands, step);
  await hands.serve(step.helper);
}

async function follows({ control, signal }: Hands, check: HostCheck): Promise<boolean> {
  const end = performance.now() + FOLLOW;
  while (!(await holds(control, check))) {
    if (performance.now() > end) return false;
    await sleep(LOOK, undefined, { signal });
  }
  return true;
}

/** @returns what the guest has yet to do, for people; null: it is done */
async function carryOut(hands: Hands, step: LiveStep): Promise<string | null> {
  switch (step.do) {
    case 'host':
      await applyStep(hands.control, step);
      return null;
    case 'guest':
      await run(hands, step.title, step.script);
      return null;
    case 'settings':
      await run(hands, step.title, settingsScript(step.settings));
      return null;
    case 'mount':
      await run(hands, step.title, mountOnce(step.mount));
      return null;
    case 'unmount':
      await run(hands, step.title, unmountScript(step.target, step.gone));
      return null;
    case 'unmount-tag':
      await run(hands, step.title, unmountTagScript(step.tag));
      return null;
    case 'install':
      await run(hands, step.title, installScript(step.name, step.others), PACKAGES);
      return null;
    case 'take-back':
      await run(hands, step.title, takeBackScript(step.keep), PACKAGES);
      return null;
    case 'vcpus':
      await hands.agent.use((session) => onlineVcpus(session, step.count), { timeout: VCPUS, signal: hands.signal });
      return null;
    case 'serve':
      await serve(hands, step);
      return null;
    case 'forget-login':
      await hands.forgetLogin();
      return null;
    case 'gateway':
      await hands.gateway(step.network);
      return null;
    case 'secrets':
      await hands.secrets(step.secrets);
      return null;
    case 'unplug':
      await unplug(hands, step);
      return null;
    case 'clear':
      await clear(hands, step);
      return null;
    case 'await':
      return (await follows(hands, step.check)) ? null : step.title;
  }
}

/**
 * Carries out the steps of one change.
 * @returns what the guest has been asked to do and has not done yet, for people
 * @throws AiVmError of the first step that failed; those after it were not begun
 */
export async function adjust(steps: readonly LiveStep[], hands: Hands): Promise<string[]> {
  const open: string[] = [];
  for (const step of steps) {
    hands.signal.throwIfAborted();
    const left = await carryOut(hands, step);
    if (left !== null) open.push(left);
  }
  return open;
}
