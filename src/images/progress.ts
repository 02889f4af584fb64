/** What mmdebstrap and apt print, turned into progress: pure. */

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

/** Follows one run of mmdebstrap, started with --verbose, line by line. The fraction never goes back. */
export class ProgressParser {
  #phase: Phase = 'reading package lists';
  /** Packages that apt said it would install in this phase; 0 when it has not said. */
  #expected = 0;
  #fetched = 0;
  #unpacked = 0;
  #configured = 0;

  /** @returns null when the line says nothing new */
  line(line: string): Progress | null {
    if (line.startsWith('I: ')) {
      const phase = ANNOUNCED.find(([text]) => line.startsWith(text, 3))?.[1];
      return phase === undefined ? null : this.#begin(phase);
    }
    const newly = /^(?:\d+ upgraded, )?(\d+) newly installed/.exec(line);
    if (newly) {
      this.#expected = Number(newly[1]);
    } else if (/^Get:\d+ /.test(line) && this.#phase.startsWith('downloading')) {
      this.#fetched += 1;
      return this.#at(`${this.#phase}: ${this.#of(this.#fetched)}`, this.#fetched / this.#expected);
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
    this.#fetched = 0;
    return this.#at(phase, 0);
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
