/** What is desired, what is observed, and the plan between them. Reads only, and knows nothing of how a step is done. */
import type { VmConfig } from '../model/desired.ts';
import type { Observed } from '../model/observed.ts';
import type { Plan } from '../model/plan.ts';
import { observeAll } from '../reconcile/observe.ts';
import { planUp, type PlanOptions } from '../reconcile/plan.ts';
import { RESOURCES } from '../resources/index.ts';
import { requireDesired, type Context } from './context.ts';
import { forksOf } from './forks.ts';
import { baseImages, desiredImages } from './images.ts';
import { undeclared } from './orphans.ts';
import { commandDigest } from './provision.ts';
import { chooseWarm, type WarmChoice } from './warm/choose.ts';

export interface LookOptions extends PlanOptions {
  /** Every machine boots, templates or not. */
  readonly cold: boolean;
  /** Machines that left the file and are stopped, if that is still so. */
  readonly orphans?: ReadonlySet<string>;
  /** Machines that are none of this command's business, by what is seen of them. */
  readonly leave?: (seen: Observed) => boolean;
}

export interface Look {
  readonly plan: Plan;
  readonly warm: WarmChoice;
  readonly vms: readonly VmConfig[];
  readonly observed: ReadonlyMap<string, Observed>;
  readonly images: ReadonlyMap<string, string>;
}

/** Observes the chosen machines and plans for them. */
export async function look(context: Context, names: readonly string[], options: LookOptions): Promise<Look> {
  const desired = requireDesired(context);
  const wanted = new Set(names);
  const chosen = [...desired.vms, ...(await forksOf(context, names))].filter((vm) => wanted.has(vm.name));
  const all = await observeAll(chosen.map(({ name }) => ({ vm: name, paths: context.project.machine(name) })));
  const seen = all.filter((o) => options.leave?.(o) !== true);
  const looked = new Set(seen.map(({ vm }) => vm));
  const vms = chosen.filter(({ name }) => looked.has(name));
  const images = await desiredImages(context, vms);
  const bases = await baseImages(context, seen);
  const asked = options.orphans ?? new Set();
  const leaving = asked.size > 0 ? (await undeclared(context)).orphans.filter(({ vm }) => asked.has(vm)) : [];
  const observed = new Map([...seen, ...leaving].map((o) => [o.vm, o]));
  const provision = new Map(vms.map((vm) => [vm.name, vm.provision.map(commandDigest)]));
  const what = { project: desired.name, vms, observed, leaving, resources: RESOURCES };
  const input = { ...what, images, bases, provision, options };
  const bare = planUp(input);
  const suspended = new Set(seen.filter((o) => o.suspended).map((o) => o.vm));
  // Looked for only when something starts: a converged project does not ask what its host can do.
  const warm = await chooseWarm(context, bare, vms, images, suspended, options.cold);
  const plan = warm.make.size > 0 ? planUp({ ...input, templates: warm.make }) : bare;
  return { plan, warm, vms, observed, images };
}
