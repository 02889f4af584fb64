/** Answers a guest's questions about names. Names are resolved on the host, and only those that the guest may reach. */
import { HOST_NAME, INSIDE, parseIpv4, type NetworkConfig } from '../model/network.ts';
import { answerTo, CODE, parseQuestion, reverseAddress, TYPE, type Question } from './dns-message.ts';
import type { Journal } from './journal.ts';
import type { NameMemory } from './names.ts';
import type { Peers } from './peers.ts';
import { judgeName, publicAddresses } from './policy.ts';
import type { Segment } from './segment.ts';

export interface Host {
  /** IPv4 addresses of a name, as this host has them; rejects when it has none. */
  readonly resolve: (name: string) => Promise<readonly number[]>;
  /** Whether it is an address of one of this host's own cards. */
  readonly isOwn: (address: number) => boolean;
}

/** Questions that the host works on at once. */
const MOST = 64;
const TTL = 60;

export class Resolver {
  readonly #network: () => NetworkConfig;
  readonly #host: Host;
  readonly #memory: NameMemory;
  readonly #peers: Peers;
  readonly #segment: Segment;
  readonly #journal: Journal;
  readonly #self: string;
  #busy = 0;

  /** @param self the machine's own name */
  constructor(
    self: string,
    parts: {
      readonly network: () => NetworkConfig;
      readonly host: Host;
      readonly memory: NameMemory;
      readonly peers: Peers;
      readonly segment: Segment;
      readonly journal: Journal;
    },
  ) {
    this.#self = self;
    this.#network = parts.network;
    this.#host = parts.host;
    this.#memory = parts.memory;
    this.#peers = parts.peers;
    this.#segment = parts.segment;
    this.#journal = parts.journal;
  }

  /** @returns the answer; null: the question is none, or there are too many */
  async answer(bytes: Buffer): Promise<Buffer | null> {
    const question = parseQuestion(bytes);
    if (!question || this.#busy >= MOST) return null;
    this.#busy += 1;
    try {
      return await this.#answer(question);
    } finally {
      this.#busy -= 1;
    }
  }

  async #answer(question: Question): Promise<Buffer> {
    const { name, type } = question;
    const none = (code: number): Buffer => answerTo(question, { code });
    if (name === null) return none(CODE.noSuchName);
    const reverse = reverseAddress(name);
    if (reverse !== null) {
      const pointer = type === TYPE.ptr ? this.#nameOf(reverse) : null;
      return pointer === null ? none(CODE.noSuchName) : answerTo(question, { code: CODE.ok, pointer });
    }
    const found = await this.#inside(name);
    if (found !== undefined) {
      if (found === null) return none(CODE.noSuchName);
      return answerTo(question, { code: CODE.ok, addresses: type === TYPE.a ? [found] : [] });
    }
    const judgement = judgeName(this.#network(), name);
    if (judgement.verdict === 'denied') {
      this.#note(name, judgement.reason, judgement.add);
      return none(CODE.noSuchName);
    }
    // Other kinds of records are not passed on: there is no IPv6 in here, and what else they say would be judged by nobody.
    if (type !== TYPE.a) return none(CODE.ok);
    const addresses = await this.lookUp(name);
    if (addresses === null) return none(CODE.noSuchName);
    return answerTo(question, { code: CODE.ok, addresses, ttl: TTL });
  }

  /** The addresses of an allowed name that the guest may have; null: there are none. What it was given is remembered. */
  async lookUp(name: string): Promise<readonly number[] | null> {
    const all = await this.#host.resolve(name).catch(() => []);
    const addresses = publicAddresses(all, this.#host.isOwn).slice(0, 20);
    if (addresses.length === 0) {
      if (all.length > 0) this.#note(name, 'its address is not public', null);
      return null;
    }
    this.#memory.remember(name, addresses);
    return addresses;
  }

  /** Names of the machine's own network. @returns undefined: it is none of these; null: there is none of this name */
  async #inside(name: string): Promise<number | null | undefined> {
    const short = name.endsWith('.internal') ? name.slice(0, -'.internal'.length) : name;
    if (short.includes('.')) return short === name ? undefined : null;
    if (name === HOST_NAME) {
      const { hostLoopback, allowHost } = this.#network();
      return hostLoopback || allowHost.length > 0 ? parseIpv4(INSIDE.gateway) : null;
    }
    if (short === this.#self) return parseIpv4(INSIDE.guest);
    return await this.#segment.addressOf(short);
  }

  #nameOf(address: string): string | null {
    if (address === INSIDE.gateway) return HOST_NAME;
    const peer = this.#peers.nameAt(parseIpv4(address) ?? 0);
    return peer === null ? null : `${peer}.internal`;
  }

  #note(name: string, reason: string, add: string | null): void {
    this.#journal.note({ verdict: 'denied', protocol: 'dns', name, address: null, port: null, reason, add });
  }
}
