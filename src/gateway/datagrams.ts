/** Datagrams of a guest that may reach everything public: each flow has a socket of the host, for as long as it is used. */
import { createSocket, type Socket } from 'node:dgram';
import { printIpv4, type NetworkConfig } from '../model/network.ts';
import type { Journal } from './journal.ts';
import { udpOf, type Datagram, type Packet } from './packets.ts';
import { judgeDatagram } from './policy.ts';

/** A flow that nobody uses for so long is over (milliseconds). */
const IDLE = 60_000;
const MOST = 256;
/** Datagrams that wait for a socket; more are lost, as datagrams may be. */
const WAITING = 16;

interface Flow {
  readonly socket: Socket;
  /** What came before the socket was ready; null: it is. */
  waiting: Buffer[] | null;
  timer: NodeJS.Timeout;
}

export class Datagrams {
  readonly #guest: number;
  readonly #network: () => NetworkConfig;
  readonly #isOwn: (address: number) => boolean;
  readonly #journal: Journal;
  readonly #sendPacket: (packet: Buffer) => void;
  readonly #open: () => Socket;
  readonly #flows = new Map<string, Flow>();

  constructor(
    guest: number,
    parts: {
      readonly network: () => NetworkConfig;
      readonly isOwn: (address: number) => boolean;
      readonly journal: Journal;
      readonly sendPacket: (packet: Buffer) => void;
      /** For tests, where nothing outside is reached. */
      readonly open?: () => Socket;
    },
  ) {
    this.#guest = guest;
    this.#network = parts.network;
    this.#isOwn = parts.isOwn;
    this.#journal = parts.journal;
    this.#sendPacket = parts.sendPacket;
    this.#open = parts.open ?? (() => createSocket('udp4'));
  }

  get size(): number {
    return this.#flows.size;
  }

  handle({ destination }: Packet, { sourcePort, destinationPort, payload }: Datagram): void {
    // There is no such port, and Node throws where it is named.
    if (destinationPort === 0) return;
    const key = `${destination}:${destinationPort}:${sourcePort}`;
    const known = this.#flows.get(key);
    if (known) {
      this.#use(known, key);
      this.#send(known, payload);
      return;
    }
    const judgement = judgeDatagram(this.#network(), destination, { isOwn: this.#isOwn(destination) });
    const note = { protocol: 'udp', name: null, address: printIpv4(destination), port: destinationPort } as const;
    if (judgement.verdict === 'denied') {
      this.#journal.note({ ...note, verdict: 'denied', reason: judgement.reason, add: judgement.add });
      return;
    }
    if (this.#flows.size >= MOST) return;
    this.#journal.note({ ...note, verdict: 'allowed', reason: '', add: null });
    const socket = this.#open();
    const flow: Flow = { socket, waiting: [], timer: setTimeout(() => undefined, 0) };
    this.#flows.set(key, flow);
    this.#use(flow, key);
    socket.on('error', () => this.#end(key));
    socket.on('message', (answer) => {
      this.#use(flow, key);
      this.#journal.carried(0, answer.length);
      // What would have to be cut up does not come back.
      if (answer.length > 1472) return;
      const datagram = { sourcePort: destinationPort, destinationPort: sourcePort, payload: answer };
      this.#sendPacket(udpOf(destination, this.#guest, datagram));
    });
    this.#send(flow, payload);
    socket.once('connect', () => {
      const waiting = flow.waiting ?? [];
      flow.waiting = null;
      if (this.#flows.get(key) === flow) for (const each of waiting) socket.send(each);
    });
    // Without a callback, a failure is an `error`: this host may have no network now.
    socket.connect(destinationPort, printIpv4(destination));
  }

  #send({ socket, waiting }: Flow, payload: Buffer): void {
    this.#journal.carried(payload.length, 0);
    if (waiting === null) socket.send(payload);
    else if (waiting.length < WAITING) waiting.push(Buffer.from(payload));
  }

  /** The policy has changed. */
  endAll(): void {
    for (const key of [...this.#flows.keys()]) this.#end(key);
  }

  #use(flow: Flow, key: string): void {
    clearTimeout(flow.timer);
    flow.timer = setTimeout(() => this.#end(key), IDLE);
    flow.timer.unref();
  }

  #end(key: string): void {
    const flow = this.#flows.get(key);
    if (!flow) return;
    this.#flows.delete(key);
    clearTimeout(flow.timer);
    flow.socket.close();
  }
}
