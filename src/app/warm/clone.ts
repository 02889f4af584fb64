/** A machine from a template: its memory and state are restored, it is given its hardware, and told who it is. */
import { randomBytes } from 'node:crypto';
import { readFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from '../../guest/agent.ts';
import { toBoolean, toBytes, toObject } from '../../guest/agent-checks.ts';
import { onlineVcpus } from '../../guest/agent-vcpus.ts';
import type { AgentSession } from '../../guest/agent-wire.ts';
import { sendScript, writePipe } from '../../guest/pipe.ts';
import { failedSteps, growScript, settleScript, type Script } from '../../guest/settle.ts';
import type { Pipe } from '../../guest/waiting.ts';
import { isAlive } from '../../host/processes.ts';
import { together } from '../../host/together.ts';
import { TEMPLATE, type Template, type Waiting } from '../../images/templates.ts';
import type { BootPart } from '../../model/boot.ts';
import { AiVmError } from '../../model/errors.ts';
import type { GuestStep } from '../../model/live.ts';
import type { MachinePaths } from '../../model/machine.ts';
import type { BootContext } from '../../model/resource.ts';
import { guestSettings } from '../../qemu/argv.ts';
import { loadMemory, openMemory } from '../../qemu/memory-image.ts';
import { loadState, withoutRam } from '../../qemu/migration.ts';
import { Qmp } from '../../qemu/qmp.ts';
import { applyHost, awaitSettled, joinLive, splitLive } from '../../reconcile/live.ts';
import { findQemu } from '../../reconcile/observe.ts';
import { RESOURCES } from '../../resources/index.ts';

/** A loaded host may take several times the half second that this takes (milliseconds). */
const SETTLE = 120_000;
/** The guest plugs in a gigabyte in a third of a second under emulation. */
const PLUG = 60_000;
/** When, and how often, the agent is asked whether a script has ended: under emulation an answer costs the guest what it is waited for. */
const FIRST = { kvm: 20, tcg: 400 };
const LOOK = 40;
/** More than this does not go through a pipe at once. */
const PIPE = 48 * 1024;

/** How often a QEMU that is being started is looked at (milliseconds). */
const APPEARS = 3;
/** One that has not got its memory after so long never will (milliseconds). */
const COMES = 40_000;

/**
 * Into a QEMU that is being started: memory, as soon as it has some, for it takes as long to get ready as that.
 * @param verified the rest of the template is as it was made, or the reason why not
 * @param signal ends the wait for a QEMU that never comes
 */
export async function fillMemory(
  boot: BootContext,
  template: Template,
  verified: Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const at = (name: string): string => join(template.dir, name);
  const file = await appearing(boot, boot.chassis.memory.base, signal);
  try {
    await together([verified, loadMemory(file, at(TEMPLATE.memory), at(TEMPLATE.index))]);
  } finally {
    await file.close();
  }
}

/** The memory of this machine's QEMU and of no other: a pid file that is left of an earlier one may name anybody by now. */
async function appearing({ paths, identity }: BootContext, size: number, signal: AbortSignal): Promise<FileHandle> {
  const end = performance.now() + COMES;
  for (;;) {
    const found = await findQemu(paths, identity);
    const file =
      found &&
      (await openMemory(found.process.pid, size, 'r+').catch((error: unknown) => {
        if (performance.now() > end) throw error;
        return null;
      }));
    if (file && (await isAlive(found.process))) return file;
    await file?.close();
    await sleep(APPEARS, undefined, { signal });
  }
}

/** The state of its devices, into a QEMU whose memory is in place. The guest runs when this returns. */
export async function restore(qmp: Qmp, paths: MachinePaths, template: Template): Promise<void> {
  await withoutRam(qmp);
  await loadState(qmp, join(template.dir, TEMPLATE.state), paths.migration);
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
    const handle = pipe === 'settle' ? waiting?.handle : undefined;
    await (handle === undefined ? sendScript(session, pipe, text) : writePipe(session, handle, text));
    return pid;
  }
  const input = Buffer.from(text).toString('base64');
  return session.start({ path: '/bin/sh', arg: ['-s'], 'capture-output': true, 'input-data': input });
}

const firstLook = ({ host }: BootContext): number => FIRST[host.accelerator.accelerator];

/** @returns the steps that have failed */
async function ended(
  session: AgentSession,
  script: Script,
  pid: number,
  first: number,
  signal: AbortSignal,
  begun = (): void => undefined,
): Promise<readonly GuestStep[]> {
  await sleep(first, undefined, { signal });
  begun();
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

/** Tells the guest who it is, when its shares are there. @returns the steps that have failed */
function tell(
  { boot, parts, waiting }: Clone,
  more: readonly GuestStep[],
  attached: Promise<void>,
  signal: AbortSignal,
  begun: () => void,
): Promise<readonly GuestStep[]> {
  const { paths, vm, identity } = boot;
  return new Agent(paths.agent).use(
    async (session) => {
      // Until the agent answers for the first time takes longer.
      await attached;
      const self = {
        ...{ hostname: vm.hostname, machineId: identity.machineId, mac: identity.mac },
        ...{ hostKey: await readFile(paths.hostKey, 'utf8'), hostKeyPublic: identity.hostKey },
        ...{ seed: randomBytes(64).toString('base64'), now: Date.now() },
      };
      const script = settleScript(guestSettings(parts), self, more);
      return ended(session, script, await begin(session, script, 'settle', waiting), firstLook(boot), signal, begun);
    },
    { timeout: SETTLE, signal },
  );
}

/**
 * Attaches its shares, forwards its ports and tells the guest who it is: then somebody can log in.
 * May be done again: what is there already is left alone.
 * @param begun called when it should have its network address, which it is given first: what comes before that may be lost
 * @returns what could not be done and does not keep anybody from using it, for people
 * @throws AiVmError `host.port-taken`; `guest.agent` when it does not know who it is
 */
export async function settle(clone: Clone, at: At, begun = (): void => undefined): Promise<string[]> {
  const { early } = liveOf(clone);
  const failing = new AbortController();
  const attach = async (): Promise<void> => {
    const qmp = await Qmp.connect(clone.boot.paths.qmp.control, { signal: at.signal });
    try {
      at.progress('attaching its shares');
      await applyHost(qmp, early, clone.waiting !== null);
      at.progress('telling it who it is');
    } catch (error) {
      failing.abort(error);
      throw error;
    } finally {
      qmp.close();
    }
  };
  const attached = attach();
  const telling = tell(clone, early.guest, attached, AbortSignal.any([at.signal, failing.signal]), begun);
  await together([attached, telling]);
  const failed = await telling;
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
        return ended(session, script, pid, firstLook(clone.boot), signal);
      },
      { timeout: SETTLE, signal },
    );
    return [...titles(failed), ...(await awaitSettled(qmp, late, PLUG, signal))];
  } finally {
    qmp.close();
  }
}
