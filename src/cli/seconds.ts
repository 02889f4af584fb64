import { InvalidArgumentError } from 'commander';

/** An option in seconds → milliseconds. */
export function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError('A number of seconds is expected.');
  }
  return value * 1000;
}
