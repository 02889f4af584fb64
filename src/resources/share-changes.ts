/** What differs between the shares that are declared and those that a machine has. */
import { sharePort } from '../model/chassis.ts';
import type { ShareConfig } from '../model/desired.ts';
import type { SeenShare } from '../model/observed.ts';
import type { Change } from '../model/plan.ts';
import { byTarget, placesOf, servedOf } from './share-places.ts';
import { BROUGHT, isTagOf } from './support.ts';

const LIVE = { class: 'live', reason: '' } as const;
const FULL = 'no more shares can be attached until it is restarted';
const FIXED = 'it was attached at start, where nothing can be taken away';

/** Without a root port, on the root bus. */
const isFixed = (place: number): boolean => sharePort(place) === null;

/** What is recorded of the shares, and what QEMU shows of those that go through virtiofs. */
export interface SeenShares {
  readonly recorded: readonly ShareConfig[] | null;
  readonly attached: readonly SeenShare[];
  /** Places where something is left and no device. */
  readonly remains: readonly number[];
  /** Descriptors that QEMU serves through 9p. */
  readonly ninep: number;
}

/** Whether a share of a machine that runs goes, or would go, through 9p. */
function through9p(share: ShareConfig, { recorded, attached, ninep }: SeenShares): boolean {
  if (share.driver !== 'auto' || attached.some(({ tag }) => isTagOf(tag, share))) return share.driver === '9p';
  return ninep > (recorded ?? []).filter((each) => each.driver === '9p').length;
}

const modeText = ({ path, mode }: ShareConfig): string => `${path} (${mode})`;

/** What is there of a recorded share: all of it, or less. */
function nowText(share: ShareConfig, seen: SeenShares): string {
  if (through9p(share, seen)) return `${modeText(share)} by 9p`;
  const found = seen.attached.filter(({ tag }) => isTagOf(tag, share));
  if (found.some(({ served }) => served)) return modeText(share);
  return `${modeText(share)}, ${found.length > 0 ? 'its server is gone' : 'not attached'}`;
}

function changeOf(
  target: string,
  seen: SeenShares,
  before: ShareConfig | undefined,
  after: ShareConfig | undefined,
  whyReboot: string,
): Change[] {
  const texts = {
    before: before ? nowText(before, seen) : 'none',
    after: after ? `${modeText(after)}${through9p(after, seen) ? ' by 9p' : ''}` : 'none',
  };
  if (texts.before === texts.after) return [];
  const ninep = [before, after].some((share) => share && through9p(share, seen));
  const why = ninep ? '9p shares are attached at start' : whyReboot;
  return [
    {
      resource: 'shares',
      field: `shares ${target}`,
      key: target,
      ...texts,
      ...(why === '' ? LIVE : { class: 'reboot', reason: why }),
    },
  ];
}

/** Attached by nobody that we know of. */
const strayChange = ({ tag, place }: SeenShare): Change => ({
  ...{ resource: 'shares', field: `shares ${tag}`, key: tag, before: 'attached', after: 'none' },
  ...(isFixed(place) ? { class: 'reboot', reason: FIXED } : LIVE),
});

/** Whoever was to attach or take away a share was killed in the middle. */
const remainChange = (place: number): Change => ({
  ...{
    resource: 'shares',
    field: `shares place ${place}`,
    key: `#${place}`,
    before: 'left over',
    after: 'none',
    ...LIVE,
  },
});

/** The place that the key of a change names; null: it names something else. */
export const remainAt = (key: string): number | null => (/^#\d+$/.test(key) ? Number(key.slice(1)) : null);

/** Why shares cannot be brought to what is declared while the machine runs, by their mount points. */
function obstacles(
  desired: readonly ShareConfig[],
  recorded: readonly ShareConfig[],
  seen: SeenShares,
): Map<string, string> {
  const { attached } = seen;
  const own = desired.filter((share) => !through9p(share, seen));
  // One that takes the place of another at its mount point has that one's, whatever becomes of the rest.
  const replaced = new Map(
    own.flatMap((share): [ShareConfig, SeenShare][] => {
      const before = byTarget(recorded, share.target);
      const there = before && !servedOf(share, attached) ? servedOf(before, attached) : undefined;
      return there && !isFixed(there.place) ? [[share, there]] : [];
    }),
  );
  const others = own.filter((share) => !replaced.has(share));
  const stays = attached.filter(
    (each) =>
      !each.served ||
      isFixed(each.place) ||
      each.tag.startsWith(BROUGHT) ||
      [...replaced.values()].includes(each) ||
      own.some((share) => isTagOf(each.tag, share)),
  );
  const placed = placesOf(others, stays);
  return new Map([
    ...others
      .filter((share) => !servedOf(share, attached) && sharePort(placed(share).index) === null)
      .map(({ target }): [string, string] => [target, FULL]),
    ...recorded
      .filter((share) => isFixed(servedOf(share, attached)?.place ?? 0))
      .map(({ target }): [string, string] => [target, FIXED]),
  ]);
}

export function shareChanges(desired: readonly ShareConfig[], seen: SeenShares): Change[] {
  // Without a record, what is attached says what there is.
  const recorded = seen.recorded ?? desired.filter((s) => seen.attached.some(({ tag }) => isTagOf(tag, s)));
  const targets = [...new Set([...recorded, ...desired].map((share) => share.target))].sort();
  const known = (tag: string): boolean =>
    tag.startsWith(BROUGHT) || [...recorded, ...desired].some((share) => isTagOf(tag, share));
  const why = obstacles(desired, recorded, seen);
  return [
    ...targets.flatMap((target) =>
      changeOf(target, seen, byTarget(recorded, target), byTarget(desired, target), why.get(target) ?? ''),
    ),
    ...seen.attached.filter(({ tag, served }) => served && !known(tag)).map(strayChange),
    ...seen.remains.map(remainChange),
  ];
}
