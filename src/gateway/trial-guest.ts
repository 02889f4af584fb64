/** A guest that a gateway is tried with: it has a card and nothing behind it, and says what comes of an attempt. */
import type { Duplex } from 'node:stream';
import { INSIDE, parseIpv4 } from '../model/network.ts';
import { TYPE } from './dns-message.ts';
import { guestStream } from './guest-stream.ts';
import {
  arpOf,
  ETHERNET,
  frameOf,
  parseArp,
  parseFrame,
  parsePacket,
  parseTcp,
  parseUdp,
  PROTOCOL,
  udpOf,
} from './packets.ts';
import type { TcpConnection } from './tcp-connection.ts';
import { TcpTable } from './tcp-table.ts';

const MAC = Buffer.from([0x52, 0x54, 0, 0, 0, 1]);
const EVERYBODY = Buffer.alloc(6, 0xff);
const GUEST = parseIpv4(INSIDE.guest) ?? 0;
const NAMES = parseIpv4(INSIDE.names) ?? 0;

/** What came of a connection: what was said, and whether it came to its end or was broken off. */
export interface Outcome {
  readonly opened: boolean;
  readonly said: string;
  readonly reset: boolean;
}

export class TrialGuest {
  readonly #send: (frame: Buffer) => void;
  readonly #tables = new Map<number, TcpTable>();
  readonly #answers = new Map<number, (addresses: readonly string[]) => void>();
  #gateway: Buffer | null = null;
  readonly #waiting: Buffer[] = [];
  #id = 1;
  #service: string | null = null;

  constructor(send: (frame: Buffer) => void) {
    this.#send = send;
  }

  /** From here on whoever connects to it is told this, on every port. */
  answerWith(text: string): void {
    this.#service = text;
  }

  receive(bytes: Buffer): void {
    const frame = parseFrame(bytes);
    if (!frame) return;
    if (frame.type === ETHERNET.arp) {
      this.#arp(frame.payload);
      return;
    }
    const packet = frame.type === ETHERNET.ipv4 ? parsePacket(frame.payload) : null;
    if (packet?.protocol === PROTOCOL.tcp) {
      const segment = parseTcp(packet.payload);
      const table = this.#tableOf(packet.source);
      if (segment) table.handle({ ...packet, destination: GUEST }, segment);
      table.flush();
    }
    if (packet?.protocol === PROTOCOL.udp) this.#answered(packet.payload);
  }

  /** Connects, says something and listens until the other side ends it, or `until` is said. */
  attempt(address: string, port: number, say: string | Buffer, until?: string): Promise<Outcome> {
    const remote = parseIpv4(address) ?? 0;
    const table = this.#tableOf(remote);
    const connection = table.call(GUEST, port);
    if (!connection) return Promise.reject(new Error('too many connections'));
    return new Promise((resolve) => {
      let said = '';
      let opened = false;
      connection.listen({
        opened: () => {
          opened = true;
          if (say.length > 0) connection.write(Buffer.from(say));
        },
        data: (data) => {
          said += data.toString('latin1');
          if (until !== undefined && said.includes(until)) connection.end();
        },
        ended: () => connection.end(),
        drained: () => undefined,
        waiting: () => 0,
        closed: (reset) => {
          table.forget(connection);
          resolve({ opened, said, reset });
        },
      });
      connection.call();
    });
  }

  /** A connection as a stream, for what more than a line is said on. Null: there are too many. */
  open(address: string, port: number): Duplex | null {
    const table = this.#tableOf(parseIpv4(address) ?? 0);
    const connection = table.call(GUEST, port);
    if (!connection) return null;
    const nothing = (): void => undefined;
    const closed = (): void => table.forget(connection);
    const stream = guestStream(connection, Buffer.alloc(0), { sent: nothing, received: nothing, closed });
    connection.call();
    return stream;
  }

  /** Addresses of a name, as the gateway answers; none where there is no such name. */
  lookUp(name: string): Promise<readonly string[]> {
    this.#id = (this.#id + 1) & 0xffff;
    const id = this.#id;
    const labels = name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
    const header = Buffer.from([id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    const payload = Buffer.concat([header, ...labels, Buffer.from([0, 0, TYPE.a, 0, 1])]);
    return new Promise((resolve) => {
      this.#answers.set(id, resolve);
      this.packet(udpOf(GUEST, NAMES, { sourcePort: 40_000, destinationPort: 53, payload }));
    });
  }

  /** Any IPv4 packet, as it is. */
  packet(packet: Buffer): void {
    if (this.#gateway) {
      this.#send(frameOf(this.#gateway, MAC, ETHERNET.ipv4, packet));
      return;
    }
    this.#waiting.push(packet);
    const target = parseIpv4(INSIDE.gateway) ?? 0;
    const question = {
      operation: 'request',
      senderMac: MAC,
      sender: GUEST,
      target,
      targetMac: Buffer.alloc(6),
    } as const;
    this.#send(frameOf(EVERYBODY, MAC, ETHERNET.arp, arpOf(question)));
  }

  #tableOf(remote: number): TcpTable {
    const known = this.#tables.get(remote);
    if (known) return known;
    const refuse = (): void => undefined;
    const table: TcpTable = new TcpTable(
      remote,
      (packet) => this.packet(packet),
      (wanted) => this.#serve(table, wanted),
      refuse,
    );
    this.#tables.set(remote, table);
    return table;
  }

  #serve(table: TcpTable, wanted: TcpConnection): void {
    wanted.listen({
      ...{ opened: () => undefined, data: () => undefined, drained: () => undefined, waiting: () => 0 },
      ended: () => wanted.end(),
      closed: () => table.forget(wanted),
    });
    if (this.#service === null) {
      wanted.reset();
      return;
    }
    wanted.accept();
    wanted.write(Buffer.from(this.#service));
    wanted.end();
  }

  #arp(payload: Buffer): void {
    const arp = parseArp(payload);
    if (!arp) return;
    if (arp.operation === 'request' && arp.target === GUEST) {
      const reply = {
        operation: 'reply',
        senderMac: MAC,
        sender: GUEST,
        target: arp.sender,
        targetMac: arp.senderMac,
      } as const;
      this.#send(frameOf(arp.senderMac, MAC, ETHERNET.arp, arpOf(reply)));
    }
    this.#gateway = Buffer.from(arp.senderMac);
    for (const packet of this.#waiting.splice(0)) this.packet(packet);
  }

  #answered(payload: Buffer): void {
    const answer = parseUdp(payload)?.payload;
    if (!answer || answer.length < 12) return;
    const id = answer.readUInt16BE(0);
    const count = answer.readUInt16BE(6);
    const addresses: string[] = [];
    // Records of addresses come last, each of 16 bytes.
    for (let n = count; n > 0; n -= 1) {
      const at = answer.length - 16 * n + 12;
      if (at >= 12) addresses.push([...answer.subarray(at, at + 4)].join('.'));
    }
    this.#answers.get(id)?.(addresses);
    this.#answers.delete(id);
  }
}
