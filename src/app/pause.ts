/** `pause` and `unpause`: a machine stands still in memory, and goes on. */
import { withLock } from '../host/lock.ts';
import { AiVmError } from '../model/errors.ts';
import type { Observed } from '../model/observed.ts';
import { observe } from '../reconcile/observe.ts';
import type { Context } from './context.ts';
import { withControl } from './control.ts';
import { chooseAny } from './select.ts';

export interface Paused {
  readonly vm: string;
  /** False: it was so already. */
  readonly changed: boolean;
}

function requireSteady({ vm, state, process, halfRestored }: Observed): void {
  if (process && !halfRestored && state !== 'unknown') return;
  throw new AiVmError('machine.not-running', `${vm} is ${state}`, { vm, fix: `ai-vm up ${vm}` });
}

/**
 * Without names, of `pause` those that run, of `unpause` those that are paused.
 * @throws AiVmError machine.not-running for a machine that was named and cannot be
 */
export async function pause(context: Context, names: readonly string[], paused: boolean): Promise<Paused[]> {
  const { project, lockOptions, signal } = context;
  const chosen = await chooseAny(context, names);
  await context.prepare();
  return withLock(project.paths.lock, lockOptions, async () => {
    const all = await Promise.all(chosen.map((vm) => observe(vm, project.machine(vm))));
    const seen = names.length > 0 ? all : all.filter(({ process, state }) => process && (paused || state === 'paused'));
    // All are looked at before any is touched.
    seen.forEach(requireSteady);
    const done: Paused[] = [];
    for (const { vm, state } of seen) {
      const changed = (state === 'paused') !== paused;
      if (changed) await withControl(project.machine(vm), (qmp) => qmp.execute(paused ? 'stop' : 'cont'), signal);
      done.push({ vm, changed });
    }
    return done;
  });
}
