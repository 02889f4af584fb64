/** Where virtiofs shares are: a place is a chardev to a server, and a device on a root port of its own while there are any. */
import { sharePort } from '../model/chassis.ts';
import type { ShareConfig } from '../model/desired.ts';
import type { SharePlace } from '../model/live.ts';
import type { MachinePaths } from '../model/machine.ts';
import type { SeenShare } from '../model/observed.ts';
import { isTagOf, mountTag } from './support.ts';

export interface Place {
  /** Among those of the same driver. */
  readonly index: number;
  /** Mount tag. */
  readonly tag: string;
}

export const ids = (place: number) => ({ chardev: `fs${place}`, device: `share${place}` });

export const behind = (place: number, paths: Pick<MachinePaths, 'run'>): SharePlace => ({
  chardev: ids(place).chardev,
  socket: `${paths.run}/fs${place}.sock`,
});

export const byTarget = (list: readonly ShareConfig[], target: string): ShareConfig | undefined =>
  list.find((share) => share.target === target);

/** The device of a share whose server is there. */
export const servedOf = (share: ShareConfig, attached: readonly SeenShare[]): SeenShare | undefined =>
  attached.find(({ tag, served }) => served && isTagOf(tag, share));

/**
 * What is attached keeps its place; the others have the first free ones, in their order. A device whose server is gone stays
 * in the way: no guest lets go of it.
 * @param goes whose place is free by then: taken where there is no other
 */
export function placesOf(
  list: readonly ShareConfig[],
  attached: readonly SeenShare[],
  goes?: SeenShare,
): (share: ShareConfig) => Place {
  const taken = new Set(attached.map(({ place }) => place));
  const places = new Map<ShareConfig, Place>();
  for (const share of list) {
    const own = attached.filter(({ tag }) => isTagOf(tag, share));
    const there = own.find(({ served }) => served);
    let index = there?.place ?? 0;
    while (!there && taken.has(index)) index += 1;
    if (!there && goes && sharePort(index) === null) index = goes.place;
    taken.add(index);
    places.set(share, { index, tag: there?.tag ?? mountTag(share, own.length) });
  }
  return (share) => places.get(share)!;
}
