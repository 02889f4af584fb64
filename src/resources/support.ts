/** Small pieces that several resources use. */
import { createHash } from 'node:crypto';
import { isAuthTarget } from '../model/agents.ts';
import { EMPTY_BOOT, EMPTY_GUEST, type BootPart, type GuestSettings } from '../model/boot.ts';
import type { ShareConfig } from '../model/desired.ts';
import type { Change, ChangeClass } from '../model/plan.ts';

/** Inside a QEMU `key=value,…` argument a comma is written twice. */
export function option(value: string): string {
  return value.replaceAll(',', ',,');
}

/** What `device_add` takes, as an argument for the start: one description, two ways in. */
export function deviceArgv(device: Readonly<Record<string, string | number>>): string[] {
  const { driver, ...properties } = device;
  return ['-device', [driver, ...Object.entries(properties).map(([k, v]) => `${k}=${option(String(v))}`)].join(',')];
}

/** A BootPart that has only what is given. */
export function part(given: Partial<Omit<BootPart, 'guest'>> & { guest?: Partial<GuestSettings> }): BootPart {
  return { ...EMPTY_BOOT, ...given, guest: { ...EMPTY_GUEST, ...given.guest } };
}

/** The change of a single value, or none when both texts are the same. */
export function valueChange(
  resource: string,
  before: string,
  after: string,
  changeClass: ChangeClass,
  reason: string,
): Change[] {
  if (before === after) return [];
  return [{ resource, field: resource, class: changeClass, before, after, reason }];
}

/** The changes between two keyed lists: one per key that came, went, or has another value. */
export function keyedChanges(
  resource: string,
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
  changeClass: ChangeClass,
  reason: string,
): Change[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  return keys
    .filter((key) => before.get(key) !== after.get(key))
    .map((key) => ({
      resource,
      field: `${resource} ${key}`,
      key,
      class: changeClass,
      before: before.get(key) ?? 'none',
      after: after.get(key) ?? 'none',
      reason,
    }));
}

/** Why a change of what the image is made from needs a new disk. */
export const IMAGE_CHANGES = 'another image means a new disk: what is on the old one is lost';

export const inImage = (names: readonly string[]): Map<string, string> =>
  new Map(names.map((name) => [name, 'in the image']));

/** The list with the entry of this key as it is in `after`, or without it; in the order of `after`, and what is not in there last. */
export function adoptEntry<T>(list: readonly T[], after: readonly T[], key: string, keyOf: (entry: T) => string): T[] {
  const order = after.map(keyOf);
  const rank = (entry: T): number => (order.includes(keyOf(entry)) ? order.indexOf(keyOf(entry)) : order.length);
  const kept = list.filter((entry) => keyOf(entry) !== key);
  return [...kept, ...after.filter((entry) => keyOf(entry) === key)].sort((a, b) => rank(a) - rank(b));
}

/**
 * The mount tag of a share: at most 31 bytes, readable, another one for each path, mount point and mode, so that a running
 * machine shows what it has.
 * @param attempt the guest knows the tags of devices that it cannot let go of, so the next device of a share has another one
 */
export function mountTag({ mode, path, target }: Pick<ShareConfig, 'mode' | 'path' | 'target'>, attempt = 0): string {
  const kind = isAuthTarget(target) ? BROUGHT : mode;
  const hash = createHash('sha256').update(`${path}\0${target}`).digest('hex').slice(0, 8);
  const base = path.split('/').pop() ?? '';
  const safe = base.replaceAll(/[^A-Za-z0-9_.]/g, '-').slice(0, 16);
  return `${kind}${hash}${attempt === 0 ? '' : `.${attempt}`}-${safe}`;
}

/** Whether a tag is one of this share. */
export const isTagOf = (tag: string, share: ShareConfig): boolean => tag.startsWith(mountTag(share).slice(0, 10));

/** How the tag of a share begins that no file declares: an agent has brought it along. */
export const BROUGHT = 'au';
