import { GiB, MiB, TiB } from '../model/units.ts';
import { fault, ok, quote, type Outcome } from './outcome.ts';

/** Bounds of a size, in bytes; `name` is what it is the size of. */
export interface SizeLimits {
  readonly min: number;
  readonly max: number;
}

export const MEMORY_LIMITS: SizeLimits = { min: 256 * MiB, max: 1024 * GiB };
export const STORAGE_LIMITS: SizeLimits = { min: GiB, max: 10_000 * GiB };
export const MAX_CPUS = 128;

const UNITS: Readonly<Record<string, number>> = { m: MiB, g: GiB, t: TiB };
const SIZE_HINT = 'Write a whole number with a unit, such as 8GiB or 512MiB. A number alone counts GiB.';

/** Bytes of `8`, `8gb`, `8GB`, `8GiB` (all the same) or `8192MiB`: units are binary, and a number alone counts GiB. */
export function parseSize(given: string | number, limits: SizeLimits): Outcome<number> {
  const found = /^\s*(\d{1,15})\s*(?:([mgt])(?:i?b)?)?\s*$/i.exec(String(given));
  if (!found) return fault(`${quote(given)} is not a size`, SIZE_HINT);
  const unit = (found[2] ?? 'g').toLowerCase();
  const bytes = Number(found[1]) * UNITS[unit]!;
  const range = `${show(limits.min)} to ${show(limits.max)}`;
  if (bytes < limits.min)
    return fault(`${shown(given)} is below the limit of ${show(limits.min)}`, `Possible is ${range}.`);
  if (bytes > limits.max) {
    const hint = found[2] === undefined && bytes / GiB > limits.max / GiB ? ' A number alone counts GiB.' : '';
    return fault(`${shown(given)} is above the limit of ${show(limits.max)}`, `Possible is ${range}.${hint}`);
  }
  return ok(bytes);
}

const shown = (given: string | number): string => (typeof given === 'number' ? `${given} GiB` : quote(given));

/** In GiB even where it would make whole TiB: as the limits are documented. */
const show = (bytes: number): string => (bytes % GiB === 0 ? `${bytes / GiB} GiB` : `${bytes / MiB} MiB`);

/** A size as it is written to a file: `8GiB`, `1536MiB`. */
export const printSize = (bytes: number): string => show(bytes).replace(' ', '');

/** Number of CPUs from `2` or `"2cpu"`. */
export function parseCpus(given: string | number): Outcome<number> {
  const found = /^\s*(\d{1,9})\s*(?:cpus?)?\s*$/i.exec(String(given));
  if (!found) return fault(`${quote(given)} is not a number of CPUs`, 'Write a whole number, such as 4.');
  const count = Number(found[1]);
  if (count < 1) return fault(`${count} is below the limit of 1 CPU`, `Possible is 1 to ${MAX_CPUS}.`);
  if (count > MAX_CPUS)
    return fault(`${count} is above the limit of ${MAX_CPUS} CPUs`, `Possible is 1 to ${MAX_CPUS}.`);
  return ok(count);
}
