/** What differs between a declared machine and the one that runs. Pure. */
import type { VmConfig } from '../model/desired.ts';
import type { Observed } from '../model/observed.ts';
import type { Change } from '../model/plan.ts';
import { UNKNOWN, type Resource } from '../model/resource.ts';

type AnyResource = Resource<unknown>;

/**
 * Observed beats recorded: what cannot be seen, and is not recorded either, is no change.
 * @param resources handed in, so that this room knows none of them
 */
export function changesOf(resources: readonly AnyResource[], desired: VmConfig, observed: Observed): Change[] {
  return resources.flatMap((resource) => {
    const now = resource.observe(observed.sightings, observed.applied?.config ?? null);
    if (now === UNKNOWN) return [];
    return resource.changes(resource.desired(desired), now);
  });
}
