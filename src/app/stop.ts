/** `stop` and `down`. */
import { endRuntime } from '../host/logs.ts';
import { withLock } from '../host/lock.ts';
import { EXIT } from '../model/errors.ts';
import { execute } from '../reconcile/execute.ts';
import { observe } from '../reconcile/observe.ts';
import { planStop } from '../reconcile/plan.ts';
import type { Context } from './context.ts';
import { chooseAny } from './select.ts';
import { makeHandlers } from './steps/index.ts';
import { clearAttempts } from './warm/attempts.ts';

export interface StopOptions {
  /** Empty: all, those that left the file too. */
  readonly vms: readonly string[];
  /** Milliseconds that a guest has to shut down; null: the default. */
  readonly grace: number | null;
  /** Nobody is asked, neither the guest nor QEMU: the power is cut. */
  readonly cut?: boolean;
}

/** @returns the exit code */
export async function stop(context: Context, { vms, grace, cut = false }: StopOptions): Promise<number> {
  const names = await chooseAny(context, vms);
  await context.prepare();
  return withLock(context.project.paths.lock, context.lockOptions, async () => {
    const seen = await Promise.all(names.map((name) => observe(name, context.project.machine(name))));
    await clearAttempts(context.project.paths);
    // Also what a stop that was interrupted left behind.
    for (const { vm, process, identity } of seen)
      if (!process && identity) await endRuntime(context.project.machine(vm));
    const plan = planStop(context.project.name, seen);
    context.emit({ type: 'plan', plan });
    if (plan.steps.length === 0) {
      context.emit({ type: 'info', message: 'nothing runs' });
      return EXIT.ok;
    }
    const handlers = makeHandlers(context, {
      vms: [],
      observed: new Map(seen.map((o) => [o.vm, o])),
      images: new Map(),
      templates: new Map(),
      wait: true,
      timeout: null,
      grace,
      cut,
      lock: null,
    });
    const outcome = await execute(plan, handlers, context.emit, context.signal, () => performance.now());
    context.emit({ type: 'finished', ok: outcome.failed.size === 0 });
    if (context.signal.aborted) return EXIT.interrupted;
    return [...outcome.failed.values()][0]?.exitCode ?? EXIT.ok;
  });
}
