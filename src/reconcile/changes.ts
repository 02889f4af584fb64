/** What differs between a declared machine and the one that runs. Pure. */
import type { VmConfig } from '../model/desired.ts';
import type { Begun } from '../model/machine.ts';
import type { Observed } from '../model/observed.ts';
import type { Change } from '../model/plan.ts';
import { UNKNOWN, type Resource } from '../model/resource.ts';

/** What cannot be seen to be half made is made again. */
const halfMade = (begun: Begun): Change => ({
  ...begun,
  ...{ class: 'live', before: 'half changed', after: 'as declared', reason: '' },
});

type AnyResource = Resource<unknown>;

/** Whether any of these is a change of the guest, which it forgets when it boots by itself. */
export const concernsGuest = (resources: readonly AnyResource[], changes: readonly Change[]): boolean =>
  changes.some((change) => !resources.some(({ name, ofHost }) => name === change.resource && ofHost === true));

/**
 * Observed beats recorded: what cannot be seen, and is not recorded either, is no change.
 * @param resources handed in, so that this room knows none of them
 */
export function changesOf(resources: readonly AnyResource[], desired: VmConfig, observed: Observed): Change[] {
  return resources.flatMap((resource) => {
    const now = resource.observe(observed.sightings, observed.applied?.config ?? null);
    if (now === UNKNOWN) return [];
    const { applied } = observed;
    const undone = applied ? resource.changes(resource.desired(applied.config), now) : [];
    const changes = resource.changes(resource.desired(desired), now);
    const begun = (observed.process || resource.onDisk ? (applied?.begun ?? []) : []).filter(
      (each) => each.resource === resource.name,
    );
    // What a new disk is needed for may wait for ever.
    const again = changes.filter((change) => change.class !== 'recreate').map(({ field }) => field);
    const half = begun.filter(({ field }) => !again.includes(field)).map(halfMade);
    return [...changes, ...half].map((change) => {
      const isBegun = begun.some(({ field }) => field === change.field);
      const drift = !isBegun && undone.some(({ field, after }) => field === change.field && after === change.after);
      const refused = applied?.refused?.[change.field];
      const why = isBegun ? 'a change of it was cut off' : drift ? 'it is not as it was left' : '';
      const reason = refused ?? (change.reason === '' ? why : change.reason);
      return { ...change, reason, ...(drift ? { drift: true as const } : {}) };
    });
  });
}
