/** Machines that hand over a port of the host: whoever takes it waits until the other has let go of it. Pure. */
import type { VmConfig } from '../model/desired.ts';
import { sameSide, sidesOverlap, type HostSide } from '../model/host-side.ts';
import type { Observed } from '../model/observed.ts';
import type { Step, StepKind, VmPlan } from '../model/plan.ts';
import { UNKNOWN, type Resource } from '../model/resource.ts';

/** What a machine does with the host's ports in a plan. */
export interface Party {
  readonly vm: string;
  /** The step by which it gives them up: a machine that stops gives up all that it has. */
  readonly by: 'stop' | 'release' | null;
  readonly gives: readonly HostSide[];
  /** The step by which it takes them. */
  readonly to: 'start' | 'change' | null;
  readonly takes: readonly HostSide[];
}

/** What changes hands at a step: whom it waits for, and what it is. */
export interface Handover {
  readonly needs: readonly string[];
  readonly sides: readonly HostSide[];
}

/**
 * @param vm null: a machine that is no longer declared, and so takes nothing
 * @param kinds of its steps
 */
export function partyOf(
  resources: readonly Resource<unknown>[],
  vm: VmConfig | null,
  observed: Observed,
  { changes }: Pick<VmPlan, 'changes'>,
  kinds: readonly StepKind[],
): Party {
  const stops = kinds.includes('stop');
  const starts = kinds.includes('start');
  const concerned = stops || starts ? resources : resources.filter((r) => changes.some((c) => c.resource === r.name));
  const held = (r: Resource<unknown>): readonly HostSide[] => {
    const now = observed.process ? r.observe(observed.sightings, observed.applied?.config ?? null) : UNKNOWN;
    return now === UNKNOWN ? [] : (r.held?.(now) ?? []);
  };
  const claims = (r: Resource<unknown>): readonly HostSide[] => (vm && r.claims?.(r.desired(vm))) ?? [];
  const without = (some: readonly HostSide[], others: readonly HostSide[]): HostSide[] =>
    some.filter((side) => !others.some((other) => sameSide(side, other)));
  const changed = kinds.includes('change');
  return {
    vm: observed.vm,
    by: stops ? 'stop' : changed ? 'release' : null,
    gives: concerned.flatMap((r) => (stops ? held(r) : without(held(r), claims(r)))),
    to: starts ? 'start' : changed ? 'change' : null,
    takes: concerned.flatMap((r) => (starts ? claims(r) : without(claims(r), held(r)))),
  };
}

/** Id of a step → what changes hands at it: both of whoever takes, and of a `release`. No step needs one that takes. */
export function handovers(parties: readonly Party[]): Map<string, Handover> {
  const found = new Map<string, Handover>();
  const add = (id: string, need: string | null, side: HostSide): void => {
    const { needs, sides } = found.get(id) ?? { needs: [], sides: [] };
    found.set(id, {
      needs: need === null || needs.includes(need) ? needs : [...needs, need],
      sides: sides.some((other) => sameSide(other, side)) ? sides : [...sides, side],
    });
  };
  // Few give something, however many there are.
  const givers = parties.filter(({ gives }) => gives.length > 0);
  for (const taker of parties) {
    for (const giver of givers) {
      if (giver.by === null || taker.to === null || giver.vm === taker.vm) continue;
      const [from, to] = [`${giver.by}:${giver.vm}`, `${taker.to}:${taker.vm}`];
      for (const side of taker.takes) {
        for (const given of giver.gives.filter((each) => sidesOverlap(each, side))) {
          add(to, from, side);
          if (giver.by === 'release') add(from, null, given);
        }
      }
    }
  }
  return found;
}

/** The same steps, each after what it needs, otherwise in the order that they had. */
export function inOrder(steps: readonly Step[]): Step[] {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const placed = new Set<Step>();
  const place = (step: Step): void => {
    if (placed.has(step)) return;
    for (const need of step.needs) {
      const before = byId.get(need);
      if (before) place(before);
    }
    placed.add(step);
  };
  for (const step of steps) place(step);
  return [...placed];
}
