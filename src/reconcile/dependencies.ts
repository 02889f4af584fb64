/** Machines that wait for each other. Pure. */
import type { Dependency, VmConfig } from '../model/desired.ts';
import type { Step, StepKind } from '../model/plan.ts';

/** The step with which a machine has what another one waits for: the first of these that it has. */
const FULFILLED: Record<Dependency['condition'], readonly StepKind[]> = {
  started: ['start'],
  ready: ['ready'],
  healthy: ['health', 'ready'],
  completed: ['provision', 'ready'],
};

/** A machine starts when those that it depends on have got as far as it asks; one that has already is not waited for. */
export function awaitingDependencies(steps: readonly Step[], vms: readonly VmConfig[]): Step[] {
  const of = new Map(vms.map((vm) => [vm.name, vm.dependsOn]));
  return steps.map((step) => {
    if (step.kind !== 'start') return step;
    const needs = (of.get(step.vm) ?? []).flatMap(({ vm, condition }) => {
      const own = steps.filter((each) => each.vm === vm);
      const found = FULFILLED[condition].flatMap((kind) => own.filter((each) => each.kind === kind));
      return found.slice(0, 1).map((each) => each.id);
    });
    return { ...step, needs: [...step.needs, ...needs] };
  });
}

/** A machine ends when those that depend on it have ended. @param configs as they were started; a record may be older than the field */
export function afterDependents(
  steps: readonly Step[],
  configs: readonly (Pick<VmConfig, 'name'> & Partial<Pick<VmConfig, 'dependsOn'>>)[],
): Step[] {
  const ids = new Set(steps.map((step) => step.id));
  return steps.map((step) => {
    const later = configs.filter(({ dependsOn = [] }) => dependsOn.some((need) => need.vm === step.vm));
    return { ...step, needs: [...step.needs, ...later.map(({ name }) => `stop:${name}`).filter((id) => ids.has(id))] };
  });
}
