/** Which names a guest has asked for, by the addresses that they resolved to on the host: what its connections are judged by. */
import { putLast } from './recent.ts';

/** A name counts for so long after it was last asked for (milliseconds): programs keep addresses for longer than they are told. */
const KEPT = 60 * 60_000;
const MOST_ADDRESSES = 4096;
const MOST_NAMES = 32;

export class NameMemory {
  readonly #names = new Map<number, Map<string, number>>();
  readonly #now: () => number;

  /** @param now milliseconds from any origin */
  constructor(now: () => number) {
    this.#now = now;
  }

  remember(name: string, addresses: readonly number[]): void {
    for (const address of addresses) {
      const names = this.#names.get(address) ?? new Map<string, number>();
      putLast(names, name, this.#now() + KEPT, MOST_NAMES);
      putLast(this.#names, address, names, MOST_ADDRESSES);
    }
  }

  /** Those that resolved to this address lately, in the order in which they were asked for. */
  namesOf(address: number): readonly string[] {
    const now = this.#now();
    return [...(this.#names.get(address) ?? [])].filter(([, until]) => until > now).map(([name]) => name);
  }
}
