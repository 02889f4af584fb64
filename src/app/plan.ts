/** `plan`: what `up` would do. */
import type { Plan } from '../model/plan.ts';
import type { PlanFile, PlanFileOptions } from '../reconcile/plan-file.ts';
import type { Context } from './context.ts';
import { hiddenPlan } from './hiding.ts';
import { look } from './look.ts';
import { undeclared } from './orphans.ts';
import { describePlan } from './plan-file.ts';
import { chooseToStart, namedOf } from './select.ts';

/** Changes nothing, takes no lock. `file` makes the same, to be carried out later. */
export async function plan(
  context: Context,
  options: PlanFileOptions,
): Promise<{ readonly plan: Plan; readonly file: () => PlanFile }> {
  const names = await chooseToStart(context, options.vms);
  const orphans = options.removeOrphans ? (await undeclared(context)).orphans.map(({ vm }) => vm) : [];
  const now = await look(context, names, {
    ...{ restart: options.restart, cold: options.cold },
    ...{ recreate: namedOf(options.recreate, names), orphans: new Set(orphans) },
  });
  return { plan: hiddenPlan(context, now.plan), file: () => describePlan(context, options, now) };
}
