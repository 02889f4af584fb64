import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from '../../guest/agent.ts';
import { waitForAgent, waitForSshBanner } from '../../guest/readiness.ts';
import { AiVmError } from '../../model/errors.ts';
import type { MachinePaths } from '../../model/machine.ts';
import type { VmConfig } from '../../model/desired.ts';
import type { Step } from '../../model/plan.ts';
import { formatDuration } from '../../model/units.ts';
import { AGENT_PORT } from '../../qemu/argv.ts';
import { Qmp } from '../../qemu/qmp.ts';
import { awaitPlugged } from '../../reconcile/live.ts';
import { observe } from '../../reconcile/observe.ts';
import type { StepContext } from '../../reconcile/execute.ts';
import type { Context } from '../context.ts';
import { noteGreeting } from '../greeted.ts';
import { logTail } from '../logs.ts';
import { finishClone } from './clone.ts';
import { isSilentEnd, mayCrash } from './crash.ts';
import { configOf, patience, type Run } from './run.ts';
import { bootAgain } from './start.ts';
import { stopStep } from './stop.ts';

/** Shares that are not mounted, by their mount points: a failed mount does not stop a boot, so somebody has to look. */
async function missingMounts(agent: Agent, config: VmConfig): Promise<string[]> {
  if (config.shares.length === 0) return [];
  const mounts = (await agent.readFile('/proc/self/mounts')).toString('utf8').split('\n');
  const targets = new Set(
    mounts.map((line) =>
      (line.split(' ')[1] ?? '').replaceAll(/\\(\d{3})/g, (_, octal: string) =>
        String.fromCharCode(Number.parseInt(octal, 8)),
      ),
    ),
  );
  return config.shares.map((share) => share.target).filter((target) => !targets.has(target));
}

/** The agent answers while shares are still being mounted (milliseconds). */
const MOUNTS_PATIENCE = 30_000;
/** So long it may take until the guest has plugged in its memory (milliseconds). */
const PLUG_PATIENCE = 60_000;

/** What is still not mounted when the guest has had its time. */
async function awaitMounts(agent: Agent, config: VmConfig, signal: AbortSignal): Promise<string[]> {
  const end = performance.now() + MOUNTS_PATIENCE;
  for (;;) {
    const missing = await missingMounts(agent, config);
    if (missing.length === 0 || performance.now() > end) return missing;
    await sleep(200, undefined, { signal });
  }
}

/**
 * The agent answers while the root file system is still being grown to its disk. Starting the unit that does it means
 * waiting for it; one that has done its work is left alone.
 */
async function awaitGrowth(agent: Agent, config: VmConfig, signal: AbortSignal): Promise<void> {
  if (config.overlay) return;
  await agent
    .exec(['/usr/bin/systemctl', 'start', 'systemd-growfs-root.service'], { signal })
    .catch((error: unknown) => {
      signal.throwIfAborted();
      return error;
    });
}

async function neverReady(
  vm: string,
  paths: MachinePaths,
  what: string,
  after: number,
  cause: unknown,
): Promise<AiVmError> {
  const console = await logTail(paths, 'serial', 15);
  return new AiVmError('guest.never-ready', `${vm} ${what} within ${formatDuration(after)}`, {
    vm,
    why: console ? `The end of its console:\n${console}` : 'Its console is empty.',
    fix: `It is left running so that you can look: ai-vm logs ${vm}. Give it longer with ai-vm up --timeout SECONDS, or start over with ai-vm restart ${vm}.`,
    cause,
  });
}

/** Waits until a machine can be logged in to, and boots it once more where its QEMU is known to crash. */
export async function readyStep(context: Context, run: Run, step: Step, at: StepContext): Promise<void> {
  const { vm } = step;
  // Left by a command that was killed while it ran. It would hold the project's lock if it still did.
  await rm(context.project.machine(vm).warmScript, { force: true });
  if (!run.wait) return;
  try {
    await untilReady(context, run, step, at);
  } catch (error) {
    if (at.signal.aborted || !isSilentEnd(error)) throw error;
    const host = await context.capabilities();
    // What was suspended is more than its disk: that it is gone has to be said, and not to be booted over.
    if (!mayCrash(host) || run.observed.get(vm)?.suspended === true) throw error;
    const message = `QEMU of ${vm} crashed while the guest was booting, as QEMU ${host.qemu.version} may without KVM; it boots once more`;
    context.emit({ type: 'warning', vm, message });
    await bootAgain(context, run, step, at);
    await untilReady(context, run, step, at);
  }
}

/** Waits for the agent, then looks at the mounts, then waits for SSH. */
async function untilReady(context: Context, run: Run, step: Step, at: StepContext): Promise<void> {
  const { vm } = step;
  const paths = context.project.machine(vm);
  const timeout = await patience(context, run);
  const begin = performance.now();
  const left = (): number => Math.max(1, timeout - (performance.now() - begin));
  const greeted = run.greetings.get(vm);
  let events: Qmp | undefined;
  try {
    if (run.clones.has(vm) && greeted) {
      at.progress('waiting for SSH');
      // One after the other: under emulation growing takes from sshd what it needs to greet.
      await greeted;
      await finishClone(context, run, vm, at);
      await noteGreeting(paths);
      return;
    }
    at.progress('booting');
    events = await Qmp.connect(paths.qmp.events, { signal: at.signal });
    await waitForAgent(events, AGENT_PORT, paths.agent, { signal: at.signal, timeout: left() });
    at.progress('booted, waiting for SSH');
    const { applied, rebooted } = await observe(vm, paths);
    const port = applied?.sshPort ?? configOf(run, vm).ssh.port;
    const banner = waitForSshBanner(port, { signal: at.signal, timeout: left(), monitor: events });
    const agent = new Agent(paths.agent);
    const [missing, plugged] = await Promise.all([
      // What it had beside that which it was started with comes back when it answers.
      rebooted ? [] : awaitMounts(agent, configOf(run, vm), at.signal),
      awaitPlugged(events, PLUG_PATIENCE, at.signal),
      applied?.grown === false ? finishClone(context, run, vm, at) : awaitGrowth(agent, configOf(run, vm), at.signal),
      banner,
    ]);
    await noteGreeting(paths);
    if (!plugged) context.emit({ type: 'warning', vm, message: `${vm} has not taken all of its memory` });
    for (const target of missing) {
      context.emit({ type: 'warning', vm, message: `${target} is not mounted in the guest; see ai-vm logs ${vm}` });
    }
  } catch (error) {
    const now = await observe(vm, paths);
    const { process, state } = now;
    if (at.signal.aborted) {
      // Half a boot is no use to anybody, and nobody would know of it. What ran before us is not ours to end.
      if (!run.letBoot && run.observed.get(vm)?.state !== 'running') {
        const cut = { ...run, observed: new Map([[vm, now]]), grace: 0 };
        await stopStep(context, cut, step, { ...at, signal: new AbortController().signal });
      }
      throw error;
    }
    if (!process) {
      throw new AiVmError('qemu.died', `QEMU of ${vm} ended while the guest was booting`, {
        vm,
        why: [await logTail(paths, 'qemu', 10), await logTail(paths, 'serial', 10)].filter(Boolean).join('\n'),
        fix: `ai-vm logs ${vm} --qemu shows all that it said.`,
        cause: error,
      });
    }
    throw await neverReady(
      vm,
      paths,
      state === 'running' ? 'booted, but did not answer on SSH' : 'did not become ready',
      timeout,
      error,
    );
  } finally {
    events?.close();
  }
}
