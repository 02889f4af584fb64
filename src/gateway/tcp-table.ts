/** The TCP connections of one guest with its gateway, in both directions. */
import { randomBytes } from 'node:crypto';
import { FLAG, tcpOf, type Packet, type Segment } from './packets.ts';
import { TcpConnection, type Ends } from './tcp-connection.ts';

/** More than this at once is no use that anybody makes of a machine. */
export const MOST_CONNECTIONS = 2048;

/** Ports from which the gateway calls the guest. */
const FIRST_PORT = 20_000;
const LAST_PORT = 60_999;

const keyOf = ({ local, localPort, guestPort }: Ends): string => `${local}:${localPort}:${guestPort}`;

export class TcpTable {
  readonly #guest: number;
  readonly #sendPacket: (packet: Buffer) => void;
  readonly #wanted: (connection: TcpConnection) => void;
  readonly #refused: (ends: Ends) => void;
  readonly #connections = new Map<string, TcpConnection>();
  readonly #touched = new Set<TcpConnection>();
  #port = FIRST_PORT + (randomBytes(2).readUInt16BE(0) % 20_000);

  /**
   * @param wanted gets each connection that the guest begins, to accept or to reset it
   * @param refused is told of one for which there was no room
   */
  constructor(
    guest: number,
    sendPacket: (packet: Buffer) => void,
    wanted: (connection: TcpConnection) => void,
    refused: (ends: Ends) => void,
  ) {
    this.#guest = guest;
    this.#sendPacket = sendPacket;
    this.#wanted = wanted;
    this.#refused = refused;
  }

  get size(): number {
    return this.#connections.size;
  }

  handle({ destination: local }: Packet, segment: Segment): void {
    const ends = { local, localPort: segment.destinationPort, guestPort: segment.sourcePort };
    const known = this.#connections.get(keyOf(ends));
    if (known) {
      known.handle(segment);
      this.#touched.add(known);
      return;
    }
    if ((segment.flags & FLAG.rst) !== 0) return;
    const begins = (segment.flags & (FLAG.syn | FLAG.ack)) === FLAG.syn;
    if (!begins || this.size >= MOST_CONNECTIONS) {
      if (begins) this.#refused(ends);
      this.#refuse(ends, segment);
      return;
    }
    const connection = this.#make(ends);
    connection.offer(segment);
    this.#wanted(connection);
  }

  /** A connection to a port of the guest, from an address that stands for whoever calls; null: there are too many. */
  call(local: number, guestPort: number): TcpConnection | null {
    if (this.size >= MOST_CONNECTIONS) return null;
    for (let tries = 0; tries < 100; tries += 1) {
      this.#port = this.#port >= LAST_PORT ? FIRST_PORT : this.#port + 1;
      const ends = { local, localPort: this.#port, guestPort };
      if (!this.#connections.has(keyOf(ends))) return this.#make(ends);
    }
    return null;
  }

  /** Sends what connections owe. Called when all that had come was handled. */
  flush(): void {
    for (const connection of this.#touched) connection.flush();
    this.#touched.clear();
  }

  /** Forgets those that are closed. Called by whoever is told that one is. */
  forget(connection: TcpConnection): void {
    this.#connections.delete(keyOf(connection.ends));
    this.#touched.delete(connection);
  }

  #make(ends: Ends): TcpConnection {
    const connection = new TcpConnection(ends, randomBytes(4).readUInt32BE(0), (segment) => {
      this.#sendPacket(tcpOf(ends.local, this.#guest, segment));
    });
    this.#connections.set(keyOf(ends), connection);
    return connection;
  }

  #refuse({ local, localPort, guestPort }: Ends, segment: Segment): void {
    const { flags, acknowledgment, sequence, payload } = segment;
    const acked = (flags & FLAG.ack) !== 0;
    const length = payload.length + ((flags & FLAG.syn) !== 0 ? 1 : 0) + ((flags & FLAG.fin) !== 0 ? 1 : 0);
    const reset: Segment = {
      ...{ sourcePort: localPort, destinationPort: guestPort, window: 0, mss: null, scale: null },
      ...{ sequence: acked ? acknowledgment : 0, acknowledgment: (sequence + length) >>> 0 },
      ...{ flags: acked ? FLAG.rst : FLAG.rst | FLAG.ack, payload: Buffer.alloc(0) },
    };
    this.#sendPacket(tcpOf(local, this.#guest, reset));
  }
}
