/** Which images the disks of this user stand on: in any project, of machines, snapshots and layers. */
import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { knownStates } from '../host/known-projects.ts';
import { readState } from '../host/files.ts';
import type { HostEnv } from '../host/paths.ts';
import { isApplied } from '../reconcile/observe.ts';
import { chainOf } from './chain.ts';
import { isSharedCache } from './image-users.ts';
import { disksOf } from './layers.ts';

/** @returns digests; null where the image cache is not that of this user's data alone, so that others may use it as well */
export async function imagesInUse(env: HostEnv): Promise<ReadonlySet<string> | null> {
  if (isSharedCache(env)) return null;
  const used = new Set<string>();
  for (const state of await knownStates(env)) {
    const layers = (await readdir(join(state, '.layers')).catch(() => [])).map((name) => join(state, '.layers', name));
    for (const disk of [...(await disksOf(state)), ...layers]) {
      const image = (await chainOf(disk)).at(-1);
      if (image !== undefined) used.add(basename(dirname(image)));
    }
    // One that forgets has no disk of its own.
    for (const vm of await readdir(state).catch(() => [])) {
      const { value } = await readState(join(state, vm, 'applied.json'), isApplied);
      if (value) used.add(value.image);
    }
  }
  return used;
}
