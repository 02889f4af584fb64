/**
 * Traffic of forwarded ports, which QEMU's user-mode network makes: it passes from there to the guest, and back only what answers
 * it. What the guest begins never gets there, and nothing but this keeps it away: the user-mode network cannot be told to let nothing
 * out, as answers to datagrams would be lost with the rest (`restrict=on`, up to libslirp 4.9).
 */
import { INSIDE, parseIpv4 } from '../model/network.ts';
import { isInside } from './policy.ts';
import { FLAG, parseTcp, parseUdp, PROTOCOL, type Packet } from './packets.ts';
import { putLast } from './recent.ts';

const HOST = parseIpv4(INSIDE.gateway);

/** Flows that are known at once; the one that was not used for the longest time goes. */
const MOST = 8192;

/**
 * How long a guest may go on answering datagrams after the last one from outside (milliseconds). Whoever the forward was for may have
 * left, and its port may be another program's.
 */
const PATIENCE = 120_000;

/** `outside` and `port` are the other end of it, `guestPort` the guest's. */
const keyOf = (protocol: number, outside: number, port: number, guestPort: number): string =>
  `${protocol}:${outside}:${port}:${guestPort}`;

export class Forwards {
  readonly #guest: number;
  readonly #now: () => number;
  /** Flow → when something of it last came from outside. The one that was not used for the longest time comes first. */
  readonly #flows = new Map<string, number>();

  /** @param now milliseconds from any origin */
  constructor(guest: number, now: () => number) {
    this.#guest = guest;
    this.#now = now;
  }

  /** @returns whether it may go to the guest */
  fromForwarder(packet: Packet): boolean {
    if (packet.destination !== this.#guest || packet.fragment) return false;
    // Nobody outside has an address of the machine's own network but the host, and its services at the others are for nobody.
    if (isInside(packet.source) && packet.source !== HOST) return false;
    const ports = portsOf(packet);
    if (!ports) return false;
    const key = keyOf(packet.protocol, packet.source, ports.source, ports.destination);
    putLast(this.#flows, key, this.#now(), MOST);
    return true;
  }

  /** @returns whether it answers one that came from there */
  fromGuest(packet: Packet): boolean {
    const ports = portsOf(packet);
    if (!ports || packet.fragment || ports.begins) return false;
    const key = keyOf(packet.protocol, packet.destination, ports.destination, ports.source);
    const last = this.#flows.get(key);
    if (last === undefined) return false;
    if (packet.protocol === PROTOCOL.udp && this.#now() - last > PATIENCE) return false;
    putLast(this.#flows, key, last, MOST);
    return true;
  }
}

function portsOf({ protocol, payload }: Packet): { source: number; destination: number; begins: boolean } | null {
  if (protocol === PROTOCOL.tcp) {
    const segment = parseTcp(payload);
    const begins = segment !== null && (segment.flags & (FLAG.syn | FLAG.ack)) === FLAG.syn;
    return segment && { source: segment.sourcePort, destination: segment.destinationPort, begins };
  }
  if (protocol !== PROTOCOL.udp) return null;
  const datagram = parseUdp(payload);
  return datagram && { source: datagram.sourcePort, destination: datagram.destinationPort, begins: false };
}
