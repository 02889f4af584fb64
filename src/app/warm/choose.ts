/** Which of the machines that are about to start do so warm, and for which a template is to be made. */
import { findBundle } from '../../images/bundle.ts';
import { findTemplate, type Template } from '../../images/templates.ts';
import type { VmConfig } from '../../model/desired.ts';
import type { Plan, StepKind } from '../../model/plan.ts';
import type { BootContext } from '../../model/resource.ts';
import type { Context } from '../context.ts';
import { coldReason, factsOf, templateKey, templateShape } from './shape.ts';

export interface WarmChoice {
  /** Machine → the template that it starts from. */
  readonly templates: Map<string, Template>;
  /** Machine → when a template is made for it. */
  readonly make: ReadonlyMap<string, 'before' | 'after'>;
  /** Machines that boot although they could have started warm: why, for people. */
  readonly cold: ReadonlyMap<string, string>;
}

/** A new disk is a template's; a machine that forgets has none. All others boot what is on theirs. */
function startingAfresh(plan: Plan, vms: readonly VmConfig[], suspended: ReadonlySet<string>): VmConfig[] {
  const of = (kind: StepKind): Set<string> => new Set(plan.steps.filter((s) => s.kind === kind).map((s) => s.vm));
  const [created, started] = [of('create'), of('start')];
  return vms.filter(({ name, overlay }) => created.has(name) || (overlay && started.has(name) && !suspended.has(name)));
}

/** Asks for each name once. */
function once<T, Rest extends unknown[]>(
  ask: (name: string, ...rest: Rest) => Promise<T>,
): (name: string, ...rest: Rest) => Promise<T> {
  const asked = new Map<string, Promise<T>>();
  return (name, ...rest) => {
    const answer = asked.get(name) ?? ask(name, ...rest);
    asked.set(name, answer);
    return answer;
  };
}

/**
 * @param images machine → digest of its image
 * @param suspended machines that go on where they were
 * @param cold no machine is to start warm
 */
export async function chooseWarm(
  context: Context,
  plan: Plan,
  vms: readonly VmConfig[],
  images: ReadonlyMap<string, string>,
  suspended: ReadonlySet<string>,
  cold: boolean,
): Promise<WarmChoice> {
  const templates = new Map<string, Template>();
  const make = new Map<string, 'before' | 'after'>();
  const reasons = new Map<string, string>();
  const { paths, runAs } = context.project;
  // Machines of a project mostly begin with the same image and the same template.
  const bundleOf = once((digest) => findBundle(paths.images, digest));
  const factsOfHost = once(async () => factsOf(await context.capabilities()));
  const templateOf = once(async (_shape, boot: BootContext) =>
    findTemplate(paths.images, templateKey(boot, await factsOfHost(''))),
  );
  for (const vm of startingAfresh(plan, cold ? [] : vms.filter((each) => each.warm), suspended)) {
    const bundle = await bundleOf(images.get(vm.name) ?? '');
    if (!bundle) {
      make.set(vm.name, 'before');
      continue;
    }
    const host = await context.capabilities();
    const reason = coldReason(vm, bundle, host);
    if (reason !== null) {
      reasons.set(vm.name, reason);
      continue;
    }
    const shape = templateShape(vm, bundle, host, runAs);
    const found = await templateOf(JSON.stringify([bundle.dir, shape.vm, shape.chassis, shape.slots]), shape);
    if (found.kind === 'usable') templates.set(vm.name, found.template);
    else make.set(vm.name, found.kind === 'none' ? 'before' : 'after');
    if (found.kind === 'stale') reasons.set(vm.name, found.why);
  }
  return { templates, make, cold: reasons };
}
