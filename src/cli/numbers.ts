import { InvalidArgumentError } from 'commander';

/** A timer that is set to more runs off at once. */
const LONGEST = 2 ** 31 - 1;

/** An option in seconds → milliseconds; at most 24 days. */
export function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError('A number of seconds is expected.');
  }
  return Math.min(value * 1000, LONGEST);
}

/** How many lines → that number. */
export function lineCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('A whole number is expected.');
  return Number(text);
}

/** How many of something, at least one. */
export function count(text: string): number {
  if (!/^[1-9]\d{0,2}$/.test(text)) throw new InvalidArgumentError('A whole number from 1 to 999 is expected.');
  return Number(text);
}
