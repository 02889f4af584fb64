/** Sizes and durations as people write them. Bytes and milliseconds inside. */

export const KiB = 1024;
export const MiB = 1024 * KiB;
export const GiB = 1024 * MiB;
export const TiB = 1024 * GiB;

/** A whole number with more digits than this says less than a rounded one in a larger unit. */
const READABLE = 100_000;

const UNITS = [
  ['TiB', TiB],
  ['GiB', GiB],
  ['MiB', MiB],
  ['KiB', KiB],
] as const;

/**
 * `1536 MiB` for 1610612736: the largest binary unit that gives a readable whole number, else one decimal of the unit
 * that fits.
 */
export function formatBytes(bytes: number): string {
  for (const [unit, size] of UNITS) {
    if (bytes >= size && bytes % size === 0 && bytes / size < READABLE) return `${bytes / size} ${unit}`;
  }
  return formatAmount(bytes);
}

/**
 * `1.5 GiB`, always one decimal of the unit that fits: what is measured, and was never a whole number of anything but by
 * chance. One that changes before somebody's eyes keeps its unit.
 */
export function formatAmount(bytes: number): string {
  for (const [unit, size] of UNITS) {
    if (bytes >= size) return `${(bytes / size).toFixed(1)} ${unit}`;
  }
  return `${bytes} B`;
}

/** `850 ms`, `1.2 s`, `3 min 5 s`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
