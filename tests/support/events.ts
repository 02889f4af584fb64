/** Steps, plans and machines to make events of. */
import type { Change, Plan, Step, StepKind, VmPlan } from '../../src/model/plan.ts';

export function step(kind: StepKind, vm: string, needs: readonly string[] = []): Step {
  return { id: `${kind}:${vm}`, kind, vm, needs, title: `${kind} ${vm}` };
}

export function vmPlan(vm: string, values: Partial<VmPlan> = {}): VmPlan {
  return { vm, state: 'absent', verdict: 'create', changes: [], pending: [], ...values };
}

export function plan(vms: readonly VmPlan[], steps: readonly Step[]): Plan {
  return { formatVersion: 1, project: 'demo', vms, steps };
}

export function change(values: Partial<Change> = {}): Change {
  return { resource: 'memory', field: 'memory', class: 'live', before: '4 GiB', after: '8 GiB', reason: '', ...values };
}
