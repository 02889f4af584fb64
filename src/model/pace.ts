/** How fast something goes, and how long it will take: pure. */
import { formatAmount, formatDuration } from './units.ts';

/** What counts for the rate: a network that stalls shows soon, and one write does not. */
const WINDOW_MS = 5000;

export interface Told {
  /** `12 MiB of 100 MiB, 5.0 MiB/s, 18 s left`; parts that are not known are left out. */
  readonly text: string;
  /** 0…1; missing where the whole is not known. */
  readonly fraction?: number;
}

export class Pace {
  readonly #samples: { readonly at: number; readonly bytes: number }[] = [];

  /**
   * @param at milliseconds from any origin
   * @param bytes so far
   * @param total of all; null: not known
   */
  tell(at: number, bytes: number, total: number | null): Told {
    this.#samples.push({ at, bytes });
    while (this.#samples.length > 2 && at - this.#samples[1]!.at >= WINDOW_MS) this.#samples.shift();
    const first = this.#samples[0]!;
    const rate = at > first.at ? ((bytes - first.bytes) * 1000) / (at - first.at) : 0;
    // More than it was to be: the files have grown meanwhile, and nothing is known of the whole any more.
    const whole = total !== null && total >= bytes && total > 0 ? total : null;
    const left = whole !== null && rate > 0 ? [`${wholeSeconds(((whole - bytes) * 1000) / rate)} left`] : [];
    const amount = whole === null ? formatAmount(bytes) : `${formatAmount(bytes)} of ${formatAmount(whole)}`;
    const text = [amount, ...(rate > 0 ? [`${formatAmount(Math.round(rate))}/s`] : []), ...left].join(', ');
    return whole === null ? { text } : { text, fraction: bytes / whole };
  }
}

/** Tenths of what is a guess say nothing. */
const wholeSeconds = (ms: number): string => {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1000);
};
