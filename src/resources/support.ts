/** Small pieces that several resources use. */
import { createHash } from 'node:crypto';
import { EMPTY_BOOT, EMPTY_GUEST, type BootPart, type GuestSettings } from '../model/boot.ts';
import type { Change, ChangeClass } from '../model/plan.ts';

/** Inside a QEMU `key=value,…` argument a comma is written twice. */
export function option(value: string): string {
  return value.replaceAll(',', ',,');
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
      class: changeClass,
      before: before.get(key) ?? 'none',
      after: after.get(key) ?? 'none',
      reason,
    }));
}

/**
 * The mount tag of a shared directory: at most 31 bytes (the limit of a 9p tag), unique per path and mode, readable.
 * @param realPath no symlinks
 */
export function mountTag(mode: 'ro' | 'rw', realPath: string): string {
  const hash = createHash('sha256').update(realPath).digest('hex').slice(0, 8);
  const base = realPath.split('/').pop() ?? '';
  const safe = base.replaceAll(/[^A-Za-z0-9_.]/g, '-').slice(0, 19);
  return `${mode}${hash}-${safe}`;
}
