/** What mmdebstrap and apt print, turned into progress: pure. */
import { Pace } from '../model/pace.ts';

export interface Progress {
  readonly text: string;
  /** 0…1 of the whole image build, as far as one can tell. */
  readonly fraction?: number;
}

/** Where each phase begins and ends, as parts of the whole: from a build on two cores. */
const PHASES = {
  'reading package lists': [0, 0.05],
  'downloading essential packages': [0.05, 0.15],
  'extracting essential packages': [0.15, 0.25],
  'installing essential packages': [0.25, 0.35],
  'downloading packages': [0.35, 0.45],
  'installing packages': [0.45, 0.8],
} as const;

type Phase = keyof typeof PHASES;

/** How mmdebstrap announces each phase. */
const ANNOUNCED: readonly (readonly [string, Phase])[] = [
  ['running apt-get update', 'reading package lists'],
  ['downloading packages', 'downloading essential packages'],
  ['extracting archives', 'extracting essential packages'],
  ['installing essential', 'installing essential packages'],
  ['installing remaining', 'downloading packages'],
];

/** Of apt, which counts in thousands. */
const UNITS: Readonly<Record<string, number>> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9 };
const bytesOf = (number = '', unit = ''): number => Number(number.replaceAll(',', '')) * (UNITS[unit] ?? 0);

/** Follows one run of mmdebstrap, started with --verbose, line by line. The fraction never goes back. */
export class ProgressParser {
  #phase: Phase = 'reading package lists';
  /** Packages that apt said it would install in this phase; 0 when it has not said. */
  #expected = 0;
  #fetched = 0;
  /** Bytes of the packages before the one that is being fetched, and of all that are; null when apt has not said. */
  #bytes = 0;
  #total: number | null = null;
  #pace = new Pace();
  #unpacked = 0;
  #configured = 0;

  /**
   * @param at milliseconds from any origin
   * @returns null when the line says nothing new
   */
  line(line: string, at: number): Progress | null {
    if (line.startsWith('I: ')) {
      const phase = ANNOUNCED.find(([text]) => line.startsWith(text, 3))?.[1];
      return phase === undefined ? null : this.#begin(phase);
    }
    const newly = /^(?:\d+ upgraded, )?(\d+) newly installed/.exec(line);
    if (newly) {
      this.#expected = Number(newly[1]);
    } else if (line.startsWith('Need to get ')) {
      const [, number, unit] = /^Need to get ([\d.,]+) (\w+)/.exec(line) ?? [];
      this.#total = bytesOf(number, unit) || null;
    } else if (/^Get:\d+ /.test(line) && this.#phase.startsWith('downloading')) {
      return this.#fetching(line, at);
    } else if (line.startsWith('Unpacking ') && this.#phase !== 'installing essential packages') {
      if (this.#phase !== 'installing packages') this.#phase = 'installing packages';
      this.#unpacked += 1;
      return this.#installed(`unpacking packages: ${this.#of(this.#unpacked)}`);
    } else if (line.startsWith('Setting up ') && this.#phase === 'installing packages') {
      this.#configured += 1;
      return this.#installed(`configuring packages: ${this.#of(this.#configured)}`);
    }
    return null;
  }

  #begin(phase: Phase): Progress {
    this.#phase = phase;
    this.#expected = 0;
    [this.#fetched, this.#bytes, this.#total, this.#pace] = [0, 0, null, new Pace()];
    return this.#at(phase, 0);
  }

  #fetching(line: string, at: number): Progress {
    this.#fetched += 1;
    const { text } = this.#pace.tell(at, this.#bytes, this.#total);
    const pace = this.#bytes > 0 ? `, ${text}` : '';
    const [, number, unit] = /\[([\d.,]+) (\w+)\]$/.exec(line) ?? [];
    this.#bytes += bytesOf(number, unit);
    return this.#at(`${this.#phase}: ${this.#of(this.#fetched)}${pace}`, this.#fetched / this.#expected);
  }

  #of(count: number): string {
    return count <= this.#expected ? `${count} of ${this.#expected}` : String(count);
  }

  #installed(text: string): Progress {
    // Unpacking takes about twice as long as configuring.
    return this.#at(text, (2 * this.#unpacked + this.#configured) / (3 * this.#expected));
  }

  #at(text: string, part: number): Progress {
    if (!(part <= 1)) return { text };
    const [from, to] = PHASES[this.#phase];
    return { text, fraction: from + (to - from) * part };
  }
}
