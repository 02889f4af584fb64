/** A machine from a template: its memory and state are restored, it is given its hardware, and told who it is. */
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from '../../guest/agent.ts';
import { toBoolean, toBytes, toInteger, toObject } from '../../guest/agent-checks.ts';
import { onlineVcpus } from '../../guest/agent-vcpus.ts';
import type { AgentSession } from '../../guest/agent-wire.ts';
import { sendScript } from '../../guest/pipe.ts';
import { failedSteps, growScript, settleScript, type Pipe, type Script } from '../../guest/settle.ts';
import { together } from '../../host/together.ts';
import { TEMPLATE, type Template, type Waiting } from '../../images/templates.ts';
import type { BootPart } from '../../model/boot.ts';
import type { MemoryChassis } from '../../model/chassis.ts';
import { AiVmError } from '../../model/errors.ts';
import type { GuestStep } from '../../model/live.ts';
import type { MachinePaths } from '../../model/machine.ts';
import type { BootContext } from '../../model/resource.ts';
import { guestSettings } from '../../qemu/argv.ts';
import { loadMemory, openMemory } from '../../qemu/memory-image.ts';
import { loadState, withoutRam } from '../../qemu/migration.ts';
import { Qmp } from '../../qemu/qmp.ts';
import { applyHost, awaitSettled, joinLive, splitLive } from '../../reconcile/live.ts';
import { RESOURCES } from '../../resources/index.ts';

/** A loaded host may take several times the half second that this takes (milliseconds). */
const SETTLE = 120_000;
/** The guest plugs in a gigabyte in a third of a second under emulation. */
const PLUG = 60_000;
/** How often the agent is asked whether a script has ended: under emulation an answer costs the guest what it is waited for. */
const LOOK = 40;
/** More than this does not go through a pipe at once. */
const PIPE = 48 * 1024;

/**
 * Into a QEMU that waits: memory, then the state of its devices. The guest runs when this returns.
 * @param verified the rest of the template is as it was made, or the reason why not
 */
export async function restore(
  qmp: Qmp,
  paths: MachinePaths,
  template: Template,
  memory: MemoryChassis,
  verified: Promise<void>,
): Promise<void> {
  const pid = Number.parseInt(await readFile(paths.pidFile, 'utf8'), 10);
  const at = (name: string): string => join(template.dir, name);
  await withoutRam(qmp);
  const file = await openMemory(pid, memory.base, 'r+');
  try {
    await together([verified, loadMemory(file, at(TEMPLATE.memory), at(TEMPLATE.index))]);
  } finally {
    await file.close();
  }
  await loadState(qmp, at(TEMPLATE.state), paths.migration);
  await qmp.execute('cont');
}

/** Hands the script to the shell that waits in the template, or to a new one. @returns the pid to ask for */
async function begin(
  session: AgentSession,
  { text }: Script,
  pipe: Pipe,
  waiting: Partial<Waiting> | null,
): Promise<number> {
  const pid = waiting?.[pipe];
  if (pid !== undefined && Buffer.byteLength(text) <= PIPE) {
    await sendScript(session, pipe, text);
    return pid;
  }
  const args = {
    ...{ path: '/bin/sh', arg: ['-s'], 'capture-output': true },
    'input-data': Buffer.from(text).toString('base64'),
  };
  return toInteger(toObject(await session.request('guest-exec', args), 'guest-exec')['pid'], 'pid', 2, 2 ** 31 - 1);
}

/** @returns the steps that have failed */
async function ended(
  session: AgentSession,
  script: Script,
  pid: number,
  signal: AbortSignal,
): Promise<readonly GuestStep[]> {
  for (;;) {
    const reply = toObject(await session.request('guest-exec-status', { pid }), 'guest-exec-status');
    if (toBoolean(reply['exited'], 'exited')) {
      return failedSteps(toBytes(reply['out-data'], 'out-data').toString('utf8'), script);
    }
    await sleep(LOOK, undefined, { signal });
  }
}

/** A machine that was restored and is to become somebody. */
export interface Clone {
  readonly boot: BootContext;
  readonly parts: readonly BootPart[];
  /** Null: no shell of the template waits any more, and some of the work may have been done. */
  readonly waiting: Partial<Waiting> | null;
}

const liveOf = ({ boot }: Clone) =>
  splitLive(joinLive(RESOURCES.map((resource) => resource.live?.(resource.desired(boot.vm), boot) ?? {})));

const titles = (steps: readonly GuestStep[]): string[] => steps.map((step) => step.title);

interface At {
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
}

/**
 * Attaches its shares, forwards its ports and tells the guest who it is: then somebody can log in.
 * May be done again: what is there already is left alone.
 * @returns what could not be done and does not keep anybody from using it, for people
 * @throws AiVmError `host.port-taken`; `guest.agent` when it does not know who it is
 */
export async function settle(clone: Clone, at: At): Promise<string[]> {
  const { boot, parts, waiting } = clone;
  const { paths, vm, identity } = boot;
  const { signal } = at;
  const { early } = liveOf(clone);
  const qmp = await Qmp.connect(paths.qmp.control, { signal });
  try {
    at.progress('attaching its shares');
    await applyHost(qmp, early, waiting !== null);
  } finally {
    qmp.close();
  }
  at.progress('telling it who it is');
  const hostKey = await readFile(paths.hostKey, 'utf8');
  const failed = await new Agent(paths.agent).use(
    async (session) => {
      const self = {
        ...{ hostname: vm.hostname, machineId: identity.machineId, mac: identity.mac },
        ...{ hostKey, hostKeyPublic: identity.hostKey },
        ...{ seed: randomBytes(64).toString('base64'), now: Date.now() },
      };
      const script = settleScript(guestSettings(parts), self, early.guest);
      return ended(session, script, await begin(session, script, 'settle', waiting), signal);
    },
    { timeout: SETTLE, signal },
  );
  const vital = failed.filter((step) => step.vital === true);
  if (vital.length > 0) throw new AiVmError('guest.agent', `the guest could not ${titles(vital).join(', ')}`);
  return titles(failed);
}

/** Memory, vCPUs and disk in their declared size. May be done again. @returns what could not be done, for people */
export async function grow(clone: Clone, { signal, progress }: At): Promise<string[]> {
  const { paths } = clone.boot;
  const { late } = liveOf(clone);
  const qmp = await Qmp.connect(paths.qmp.control, { signal });
  try {
    progress('growing memory, vCPUs and disk');
    await applyHost(qmp, late, clone.waiting !== null);
    const failed = await new Agent(paths.agent).use(
      async (session) => {
        const script = growScript(late.guest);
        const pid = await begin(session, script, 'grow', clone.waiting);
        if (late.vcpus !== null) await onlineVcpus(session, late.vcpus);
        return ended(session, script, pid, signal);
      },
      { timeout: SETTLE, signal },
    );
    return [...titles(failed), ...(await awaitSettled(qmp, late, PLUG, signal))];
  } finally {
    qmp.close();
  }
}
