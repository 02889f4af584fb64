/**
 * The gateway of one machine: the other end of its only network card. It answers for every address that the guest asks for, lets
 * out what the policy names, and passes forwarded ports from QEMU's user-mode network, which is on a second card that the guest
 * never sees.
 */
import {
  INSIDE,
  networksOf,
  parseIpv4,
  printIpv4,
  type GatewayState,
  type GatewayVerdict,
  type NetworkConfig,
  type Refusal,
} from '../model/network.ts';
import type { GatewaySecrets } from '../model/secrets.ts';
import { Datagrams } from './datagrams.ts';
import { Forwards } from './forwards.ts';
import { Interceptor } from './interceptor.ts';
import type { Entry, Journal } from './journal.ts';
import { NameMemory } from './names.ts';
import { dialOut, Outgoing, type Dial } from './outgoing.ts';
import {
  arpOf,
  echoReply,
  ETHERNET,
  frameOf,
  packetOf,
  parseArp,
  parseFrame,
  parsePacket,
  parseTcp,
  parseUdp,
  PROTOCOL,
  udpOf,
  type Packet,
} from './packets.ts';
import type { Peers } from './peers.ts';
import { isInside, judgeConnection, judgeName } from './policy.ts';
import { Resolver, type Host } from './resolver.ts';
import { askNetworks, Segment, type AskNetworks } from './segment.ts';
import type { TcpConnection } from './tcp-connection.ts';
import { TcpTable } from './tcp-table.ts';
import { Vault } from './vault.ts';

const at = (text: string): number => parseIpv4(text) ?? 0;
const GUEST = at(INSIDE.guest);
const GATEWAY = at(INSIDE.gateway);
const NAMES = at(INSIDE.names);

/** Ours, on both cards; it is nobody else's, since nobody else is there. */
const MAC = Buffer.from([0x52, 0x55, 0x0a, 0x00, 0x02, 0x01]);
const EVERYBODY = Buffer.alloc(6, 0xff);
const NOBODY = Buffer.alloc(6);
/** Packets that wait until the guest has said where it is. */
const WAITING = 64;

export interface GatewayParts {
  /** The machine's own name, as other machines know it. */
  readonly self: string;
  readonly network: NetworkConfig;
  readonly host: Host;
  readonly peers: Peers;
  readonly journal: Journal;
  /** Milliseconds from any origin. */
  readonly now: () => number;
  readonly dial?: Dial;
  readonly askNetworks?: AskNetworks;
  /** Frames for the guest's card, and for that of the forwards. */
  readonly toGuest: (frame: Buffer) => void;
  readonly toForwarder: (frame: Buffer) => void;
}

export class Gateway {
  readonly #parts: GatewayParts;
  #network: NetworkConfig;
  #guestMac: Buffer | null = null;
  #forwarderMac: Buffer = EVERYBODY;
  readonly #waiting: Buffer[] = [];
  readonly #memory: NameMemory;
  readonly #table: TcpTable;
  readonly #outgoing: Outgoing;
  readonly #datagrams: Datagrams;
  readonly #forwards: Forwards;
  readonly #resolver: Resolver;
  readonly #segment: Segment;
  readonly #vault = new Vault();
  readonly #interceptor = new Interceptor(this.#vault);

  constructor(parts: GatewayParts) {
    this.#parts = parts;
    this.#network = parts.network;
    const { self, host, peers, journal, dial = dialOut } = parts;
    const network = (): NetworkConfig => this.#network;
    this.#segment = new Segment(peers, () => networksOf(this.#network), parts.askNetworks ?? askNetworks);
    const segment = this.#segment;
    const sendPacket = (packet: Buffer): void => this.#toGuest(packet);
    this.#memory = new NameMemory(parts.now);
    this.#forwards = new Forwards(GUEST, parts.now);
    this.#table = new TcpTable(
      GUEST,
      sendPacket,
      (connection) => this.#outgoing.begin(connection),
      ({ local, localPort }) => this.#drop('tcp', local, localPort, 'it has too many connections'),
    );
    this.#outgoing = new Outgoing({
      ...{ self, network, isOwn: host.isOwn, memory: this.#memory, peers, segment, journal, dial },
      ...{ vault: this.#vault, interceptor: this.#interceptor },
      forget: (connection) => this.forget(connection),
    });
    this.#datagrams = new Datagrams(GUEST, { network, isOwn: host.isOwn, journal, sendPacket });
    this.#resolver = new Resolver(self, { network, host, memory: this.#memory, peers, segment, journal });
  }

  /** Asks the guest where it is: a restored one has forgotten nothing, but we know nothing of it. */
  begin(): void {
    this.#askGuest();
  }

  get state(): GatewayState {
    const connections = this.#table.size + this.#datagrams.size;
    return {
      version: 1,
      network: this.#network,
      connections,
      counters: this.#parts.journal.counters,
      secrets: this.#vault.state,
    };
  }

  /** What was refused since it was last told what to let out. */
  get refusals(): readonly Refusal[] {
    return this.#parts.journal.refusals.list;
  }

  /** From now on; what is open and would not be let through any more ends. */
  async setNetwork(network: NetworkConfig): Promise<void> {
    const moved = networksOf(network).join() !== networksOf(this.#network).join();
    this.#network = network;
    this.#parts.journal.refusals.clear();
    this.#outgoing.judgeAgain();
    this.#datagrams.endAll();
    if (moved) await this.#segment.judgeAgain();
  }

  /** Whether a machine on these networks may call the guest. */
  shares(networks: readonly string[]): boolean {
    return this.#segment.shares(networks);
  }

  /** In the place of those that it had; what is opened for one that it has no more ends. */
  setSecrets(given: GatewaySecrets): void {
    this.#vault.set(given);
    this.#interceptor.again();
  }

  /** What would come of a connection to this host and port, as things are now. Makes none. */
  async test(host: string, port: number): Promise<GatewayVerdict> {
    const literal = parseIpv4(host);
    if (literal === null) {
      const judgement = judgeName(this.#network, host);
      if (judgement.verdict === 'denied')
        return { allowed: false, reason: judgement.reason, add: judgement.add, addresses: [] };
    }
    const addresses = literal === null ? await this.#resolver.lookUp(host) : [literal];
    if (addresses === null)
      return { allowed: false, reason: 'this host finds no public address for it', add: null, addresses: [] };
    const [address = 0] = addresses;
    const names = literal === null ? [host] : this.#memory.namesOf(address);
    const judgement = judgeConnection(this.#network, address, port, { names, isOwn: this.#parts.host.isOwn(address) });
    const printed = addresses.map(printIpv4);
    if (judgement.verdict === 'denied')
      return { allowed: false, reason: judgement.reason, add: judgement.add, addresses: printed };
    const strict = judgement.verdict === 'named' && judgement.strict;
    const reason = strict ? 'as far as its TLS or HTTP is for this host' : '';
    return { allowed: true, reason, add: null, addresses: printed };
  }

  /** A call of another machine to a port of the guest; null: there is no room for it. */
  call(from: string, port: number): TcpConnection | null {
    const address = this.#parts.peers.addressFor(from);
    const connection = address === null ? null : this.#table.call(address, port);
    if (connection) this.#segment.keep(connection, from);
    return connection;
  }

  forget(connection: TcpConnection): void {
    this.#segment.forget(connection);
    this.#table.forget(connection);
  }

  /** One frame of the guest's. Never throws, whatever it holds. */
  fromGuest(bytes: Buffer): void {
    const frame = parseFrame(bytes);
    if (!frame || (frame.source[0]! & 1) !== 0) return;
    if (frame.type === ETHERNET.arp) {
      this.#guestArp(frame.payload);
      return;
    }
    if (frame.type !== ETHERNET.ipv4) return;
    const packet = parsePacket(frame.payload);
    if (!packet) return;
    if (packet.source !== GUEST) {
      this.#drop('ip', packet.source, null, 'it comes from an address that is not the guest’s');
      return;
    }
    this.#learn(frame.source);
    if (packet.options) this.#drop('ip', packet.destination, null, 'it says itself how it is to travel');
    else if (packet.fragment) this.#drop('ip', packet.destination, null, 'it is a part of a packet');
    else if (this.#forwards.fromGuest(packet))
      this.#parts.toForwarder(
        frameOf(this.#forwarderMac, MAC, ETHERNET.ipv4, frame.payload.subarray(0, lengthOf(packet))),
      );
    else this.#handle(packet);
  }

  /** One frame of QEMU's user-mode network. */
  fromForwarder(bytes: Buffer): void {
    const frame = parseFrame(bytes);
    if (!frame) return;
    this.#forwarderMac = Buffer.from(frame.source);
    if (frame.type === ETHERNET.arp) {
      const arp = parseArp(frame.payload);
      if (arp?.operation !== 'request' || arp.target !== GUEST) return;
      const reply = arpOf({
        operation: 'reply',
        senderMac: MAC,
        sender: GUEST,
        targetMac: arp.senderMac,
        target: arp.sender,
      });
      this.#parts.toForwarder(frameOf(arp.senderMac, MAC, ETHERNET.arp, reply));
      return;
    }
    const packet = frame.type === ETHERNET.ipv4 ? parsePacket(frame.payload) : null;
    if (packet && this.#forwards.fromForwarder(packet)) this.#toGuest(frame.payload.subarray(0, lengthOf(packet)));
  }

  /** All frames that had come are handled. */
  flush(): void {
    this.#table.flush();
  }

  #handle(packet: Packet): void {
    const { protocol, destination, payload } = packet;
    if (protocol === PROTOCOL.tcp) {
      const segment = parseTcp(payload);
      if (segment) this.#table.handle(packet, segment);
      return;
    }
    if (protocol === PROTOCOL.udp) {
      this.#handleUdp(packet);
      return;
    }
    const reply =
      protocol === PROTOCOL.icmp && (destination === GATEWAY || destination === NAMES) ? echoReply(payload) : null;
    if (reply) this.#toGuest(packetOf(destination, GUEST, PROTOCOL.icmp, reply));
    else this.#drop('ip', destination, null, protocol === PROTOCOL.icmp ? 'no ping leaves' : 'only TCP leaves');
  }

  #handleUdp(packet: Packet): void {
    const datagram = parseUdp(packet.payload);
    if (!datagram) return;
    const { destination } = packet;
    if (destination !== NAMES || datagram.destinationPort !== 53) {
      // What is for everybody on the card is for nobody.
      const forAll = destination >= 0xe0000000 || (isInside(destination) && (destination & 255) === 255);
      if (!forAll) this.#datagrams.handle(packet, datagram);
      return;
    }
    const question = Buffer.from(datagram.payload);
    void this.#resolver.answer(question).then((payload) => {
      if (!payload) return;
      const answer = { sourcePort: 53, destinationPort: datagram.sourcePort, payload };
      this.#toGuest(udpOf(NAMES, GUEST, answer));
    });
  }

  /** Every address of the network but the guest's own is here. */
  #guestArp(payload: Buffer): void {
    const arp = parseArp(payload);
    if (!arp) return;
    // It asks whether anybody has its address, which it has not taken yet.
    if (arp.sender !== GUEST) return;
    this.#learn(arp.senderMac);
    if (arp.operation !== 'request' || arp.target === GUEST || !isInside(arp.target)) return;
    const reply = arpOf({
      operation: 'reply',
      senderMac: MAC,
      sender: arp.target,
      targetMac: arp.senderMac,
      target: GUEST,
    });
    this.#parts.toGuest(frameOf(arp.senderMac, MAC, ETHERNET.arp, reply));
  }

  #learn(mac: Buffer): void {
    if (this.#guestMac?.equals(mac)) return;
    this.#guestMac = Buffer.from(mac);
    for (const packet of this.#waiting.splice(0)) this.#toGuest(packet);
  }

  #toGuest(packet: Buffer): void {
    if (this.#guestMac) {
      this.#parts.toGuest(frameOf(this.#guestMac, MAC, ETHERNET.ipv4, packet));
      return;
    }
    if (this.#waiting.length < WAITING) this.#waiting.push(Buffer.from(packet));
    this.#askGuest();
  }

  #askGuest(): void {
    const question = arpOf({ operation: 'request', senderMac: MAC, sender: GATEWAY, targetMac: NOBODY, target: GUEST });
    this.#parts.toGuest(frameOf(EVERYBODY, MAC, ETHERNET.arp, question));
  }

  #drop(protocol: Entry['protocol'], address: number, port: number | null, reason: string): void {
    this.#parts.journal.note({
      ...{ verdict: 'denied', protocol, name: null, address: printIpv4(address), port, reason, add: null },
    });
  }
}

/** Of the packet with its header, without what fills up the frame. */
const lengthOf = ({ payload }: Packet): number => 20 + payload.length;
