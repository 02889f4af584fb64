/** What a machine may be restarted for. Pure. */
import type { Change, Plan } from '../model/plan.ts';

/** All, nothing, or what somebody was asked about: machine → the changes that they have seen. */
export type RestartConsent = boolean | ReadonlyMap<string, readonly Change[]>;

/** A machine that runs, and what of it waits for a restart. */
export interface RestartDue {
  readonly vm: string;
  readonly changes: readonly Change[];
}

const UP: ReadonlySet<string> = new Set(['starting', 'running', 'paused']);

/** What of a plan is left for a restart. What only a new disk brings is none of it. */
export const restartsDue = ({ vms }: Plan): RestartDue[] =>
  vms
    .filter(({ state, verdict }) => UP.has(state) && verdict !== 'restart' && verdict !== 'recreate')
    .map(({ vm, pending }) => ({ vm, changes: pending.filter((change) => change.class !== 'recreate') }))
    .filter(({ changes }) => changes.length > 0);

/** @param due all that a restart would be for; it must not be for anything that nobody has seen */
export function mayRestart(consent: RestartConsent, vm: string, due: readonly Change[]): boolean {
  if (typeof consent === 'boolean') return consent;
  const seen = consent.get(vm) ?? [];
  const isSame = (a: Change, b: Change): boolean =>
    a.field === b.field && a.before === b.before && a.after === b.after && a.class === b.class;
  return due.length > 0 && due.every((change) => seen.some((each) => isSame(each, change)));
}
