/** `suspend`: a machine's memory goes to disk and its QEMU goes away; `up` and `start` let it go on where it was. */
import { withLock } from '../host/lock.ts';
import { endRuntime } from '../host/logs.ts';
import { writeState } from '../host/files.ts';
import { kill, waitForExit } from '../host/processes.ts';
import { removeTree } from '../host/directories.ts';
import { AiVmError } from '../model/errors.ts';
import { observe } from '../reconcile/observe.ts';
import { markFrozen, reviseApplied } from './applied.ts';
import type { Context } from './context.ts';
import { withControl } from './control.ts';
import { runningBoot } from './freeze/boot.ts';
import { observeWhole } from './freeze/mend.ts';
import { requireSavable } from './freeze/savable.ts';
import { saveMachine } from './freeze/saved.ts';
import { attachShares, detachShares } from './freeze/shares.ts';
import { chooseAny } from './select.ts';

export interface Suspended {
  readonly vm: string;
  /** Bytes on disk. */
  readonly size: number;
  readonly ms: number;
}

const LAST = 10_000;

async function suspendOne(context: Context, vm: string): Promise<Suspended> {
  const begin = performance.now();
  const paths = context.project.machine(vm);
  const { signal } = context;
  const seen = await observeWhole(context, vm);
  const { applied, process } = requireSavable(seen);
  const boot = await runningBoot(context, seen);
  await removeTree(paths.suspended);
  await markFrozen(paths, true);
  try {
    await detachShares(boot, signal);
    const size = await withControl(paths, async (qmp) => {
      await qmp.execute('stop');
      const saved = await saveMachine(qmp, boot, process.pid, applied, paths.suspended, signal);
      // Frozen it stays until QEMU is gone: should we be killed before, somebody has to let it go on.
      await reviseApplied(paths, (now) => ({ ...now, stopped: true }));
      await qmp.execute('quit').catch(() => undefined);
      return saved.size;
    });
    if (!(await waitForExit(process, LAST))) await kill(process, 'SIGKILL');
    await waitForExit(process, LAST);
    await markFrozen(paths, false);
    await endRuntime(paths);
    return { vm, size, ms: performance.now() - begin };
  } catch (error) {
    // It goes on as if nothing had been.
    await removeTree(paths.suspended);
    await withControl(paths, (qmp) => qmp.execute('cont')).catch(() => undefined);
    await attachShares(context, boot, new AbortController().signal).catch(() => undefined);
    await writeState(paths.applied, applied);
    throw error;
  }
}

/** @throws AiVmError `machine.not-running` when none of the chosen machines runs */
export async function suspend(context: Context, names: readonly string[]): Promise<Suspended[]> {
  const chosen = await chooseAny(context, names);
  await context.prepare();
  return withLock(context.project.paths.lock, context.lockOptions, async () => {
    const seen = await Promise.all(chosen.map((vm) => observe(vm, context.project.machine(vm))));
    const running = names.length > 0 ? chosen : seen.filter((o) => o.state === 'running').map((o) => o.vm);
    if (running.length === 0) throw new AiVmError('machine.not-running', 'nothing runs', { fix: 'ai-vm up' });
    const done: Suspended[] = [];
    for (const vm of running) {
      context.emit({ type: 'info', vm, message: `saving the memory of ${vm}` });
      done.push(await suspendOne(context, vm));
    }
    return done;
  });
}
