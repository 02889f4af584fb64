import { fault, ok, quote, type Outcome } from './outcome.ts';

const UNITS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const LONGEST = 24 * 3_600_000;

/** Milliseconds of a Compose duration such as `1m30s`, `500ms`, `1.5s`. Parts of a millisecond are rounded up. */
export function parseDuration(text: string, least: number): Outcome<number> {
  if (!/^(\d{1,12}(\.\d{1,6})?(us|ms|s|m|h))+$/.test(text)) {
    return fault(`${quote(text)} is not a duration`, 'Write numbers with units (h, m, s, ms), such as 30s or 1m30s.');
  }
  let sum = 0;
  for (const [, number, , unit] of text.matchAll(/(\d+(\.\d+)?)(us|ms|s|m|h)/g)) sum += Number(number) * UNITS[unit!]!;
  const duration = Math.ceil(sum);
  if (duration < least) return fault(`${quote(text)} is too short`, `The least is ${printDuration(least)}.`);
  if (duration > LONGEST) return fault(`${quote(text)} is too long`, `The most is ${printDuration(LONGEST)}.`);
  return ok(duration);
}

/** The shortest way to write a number of milliseconds: `90s` is `1m30s`, 1500 ms is `1500ms`. */
export function printDuration(ms: number): string {
  if (ms % 1000 !== 0) return `${ms}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  const seconds = (ms % 60_000) / 1000;
  const text = `${hours ? `${hours}h` : ''}${minutes ? `${minutes}m` : ''}${seconds ? `${seconds}s` : ''}`;
  return text === '' ? '0s' : text;
}
