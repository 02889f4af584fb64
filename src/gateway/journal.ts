/** What the gateway has let through and what not: one JSON object a line, in a file that is bounded however much a guest tries. */
import type { GatewayCounters } from '../model/network.ts';
import { RecentRefusals } from './refusals.ts';

export interface Entry {
  readonly verdict: 'allowed' | 'denied';
  readonly protocol: 'tcp' | 'udp' | 'dns' | 'ip';
  /** A name that is sound, or null: nothing that a guest made up stands here as it is. */
  readonly name: string | null;
  readonly address: string | null;
  readonly port: number | null;
  readonly reason: string;
  readonly add: string | null;
}

/** As it stands in the file. */
export interface Line extends Entry {
  /** ISO 8601. */
  readonly time: string;
  /** How often it came since the last line of it. */
  readonly times: number;
}

/** The same thing is said again at most this often (milliseconds). */
const QUIET = 10_000;
/** Different things within that time: what comes beyond is counted together. */
const MOST = 200;

interface Seen {
  readonly entry: Entry;
  times: number;
}

export class Journal {
  readonly #write: (line: string) => void;
  readonly #time: () => Date;
  readonly refusals = new RecentRefusals();
  #seen = new Map<string, Seen>();
  #begun = 0;
  #lost = 0;
  /** Changed in place: something is carried with nearly every packet. */
  readonly #counters = { allowed: 0, denied: 0, sent: 0, received: 0 };

  constructor(write: (line: string) => void, time: () => Date) {
    this.#write = write;
    this.#time = time;
  }

  get counters(): GatewayCounters {
    return { ...this.#counters };
  }

  carried(sent: number, received: number): void {
    this.#counters.sent += sent;
    this.#counters.received += received;
  }

  note(entry: Entry): void {
    this.#counters[entry.verdict] += 1;
    const { name, address, port, add } = entry;
    const target = name ?? address ?? '';
    if (add !== null) this.refusals.note({ target: port === null ? target : `${target}:${port}`, add });
    const time = this.#time();
    if (time.getTime() - this.#begun > QUIET) this.turn();
    const key = `${entry.verdict} ${entry.protocol} ${entry.name} ${entry.address} ${entry.port} ${entry.reason}`;
    const seen = this.#seen.get(key);
    if (seen) seen.times += 1;
    else if (this.#seen.size >= MOST) this.#lost += 1;
    else {
      this.#seen.set(key, { entry, times: 0 });
      this.#put(entry, 1);
    }
  }

  /** Says what has come more than once, and begins anew. */
  turn(): void {
    const [seen, lost] = [this.#seen, this.#lost];
    this.#seen = new Map();
    this.#lost = 0;
    this.#begun = this.#time().getTime();
    for (const { entry, times } of seen.values()) if (times > 0) this.#put(entry, times);
    if (lost > 0) this.#put(MANY, lost);
  }

  #put(entry: Entry, times: number): void {
    const line: Line = { time: this.#time().toISOString(), ...entry, times };
    this.#write(`${JSON.stringify(line)}\n`);
  }
}

const MANY: Entry = {
  ...{ verdict: 'denied', protocol: 'ip', name: null, address: null, port: null, add: null },
  reason: 'more than is written down one by one',
};
