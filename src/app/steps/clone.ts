/** The end of a warm start: what may come after the first login. */
import { waitForSshBanner } from '../../guest/readiness.ts';
import { chassisOf } from '../../model/chassis.ts';
import type { MachinePaths } from '../../model/machine.ts';
import { Qmp } from '../../qemu/qmp.ts';
import type { StepContext } from '../../reconcile/execute.ts';
import { readApplied, reviseApplied } from '../applied.ts';
import type { Context } from '../context.ts';
import { bundleOf } from '../images.ts';
import { grow, type Clone } from '../warm/clone.ts';
import type { Run } from './run.ts';

export function warnOf(context: Context, vm: string, failed: readonly string[]): void {
  for (const what of failed) context.emit({ type: 'warning', vm, message: `${vm} could not ${what}` });
}

/** Settles when the SSH server of a machine greets. Whoever does not come to wait for it must not be told that it failed. */
export function greeting(paths: MachinePaths, port: number, timeout: number, signal: AbortSignal): Promise<void> {
  const greets = async (): Promise<void> => {
    const monitor = await Qmp.connect(paths.qmp.events, { signal });
    try {
      await waitForSshBanner(port, { signal, timeout, monitor });
    } finally {
      monitor.close();
    }
  };
  const greeted = greets();
  greeted.catch(() => undefined);
  return greeted;
}

/** Grows a machine that was restored, in this run or in one that was cut off, and records that it is what was declared. */
export async function finishClone(context: Context, run: Run, vm: string, at: StepContext): Promise<void> {
  const paths = context.project.machine(vm);
  const clone =
    run.clones.get(vm) ?? ((await readApplied(paths))?.grown === false ? await cutOff(context, run, vm) : null);
  if (!clone) return;
  warnOf(context, vm, await grow(clone, at));
  await reviseApplied(paths, (applied) => ({ ...applied, grown: true }));
  run.clones.delete(vm);
}

/** The machine of a run that has ended before its time. Its shares and ports were there before it could be used. */
async function cutOff(context: Context, run: Run, vm: string): Promise<Clone | null> {
  const seen = run.observed.get(vm);
  if (!seen?.identity || !seen.applied) return null;
  const boot = {
    ...{ start: 'warm' as const, paths: context.project.machine(vm), identity: seen.identity },
    // What it was started as: what the file says by now may need another chassis.
    vm: { ...seen.applied.config, shares: [], ports: [] },
    ...{ bundle: await bundleOf(context, run, vm, seen.applied.image), host: await context.capabilities() },
    ...{ runAs: context.project.runAs, sshPort: seen.applied.sshPort, judged: new Map(), slots: 0 },
    chassis: seen.applied.chassis ?? chassisOf(seen.applied.config),
  };
  return { boot, parts: [], waiting: null };
}
