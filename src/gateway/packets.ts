/**
 * Ethernet, ARP, IPv4, UDP, TCP and ICMP, as far as a gateway needs them. Everything that is parsed comes from a hostile guest:
 * what is not whole or not sound gives null, and nothing throws. Addresses are 32-bit numbers.
 */
import { foldSum, pseudoSum, sumWords } from './bytes.ts';

export const ETHERNET = { ipv4: 0x0800, arp: 0x0806 } as const;
export const PROTOCOL = { icmp: 1, tcp: 6, udp: 17 } as const;
export const FLAG = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 } as const;

export interface Frame {
  readonly destination: Buffer;
  readonly source: Buffer;
  readonly type: number;
  readonly payload: Buffer;
}

export function parseFrame(bytes: Buffer): Frame | null {
  if (bytes.length < 14) return null;
  return {
    destination: bytes.subarray(0, 6),
    source: bytes.subarray(6, 12),
    type: bytes.readUInt16BE(12),
    payload: bytes.subarray(14),
  };
}

export interface Arp {
  readonly operation: 'request' | 'reply';
  readonly senderMac: Buffer;
  readonly sender: number;
  readonly target: number;
}

export function parseArp(bytes: Buffer): Arp | null {
  if (bytes.length < 28) return null;
  // Ethernet and IPv4, with addresses of their lengths.
  if (bytes.readUInt32BE(0) !== 0x00010800 || bytes.readUInt16BE(4) !== 0x0604) return null;
  const operation = bytes.readUInt16BE(6);
  if (operation !== 1 && operation !== 2) return null;
  return {
    operation: operation === 1 ? 'request' : 'reply',
    senderMac: bytes.subarray(8, 14),
    sender: bytes.readUInt32BE(14),
    target: bytes.readUInt32BE(24),
  };
}

export interface Packet {
  readonly source: number;
  readonly destination: number;
  readonly protocol: number;
  /** A part of a packet that was cut into several. */
  readonly fragment: boolean;
  /** It says itself how it is to travel, or the like. */
  readonly options: boolean;
  readonly payload: Buffer;
}

export function parsePacket(bytes: Buffer): Packet | null {
  if (bytes.length < 20 || bytes[0]! >> 4 !== 4) return null;
  const header = (bytes[0]! & 15) * 4;
  const total = bytes.readUInt16BE(2);
  if (header < 20 || total < header || total > bytes.length) return null;
  if (foldSum(sumWords(bytes.subarray(0, header))) !== 0) return null;
  return {
    source: bytes.readUInt32BE(12),
    destination: bytes.readUInt32BE(16),
    protocol: bytes[9]!,
    // More to come, or not the first one.
    fragment: (bytes.readUInt16BE(6) & 0x3fff) !== 0,
    options: header > 20,
    payload: bytes.subarray(header, total),
  };
}

export interface Datagram {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Buffer;
}

export function parseUdp(bytes: Buffer): Datagram | null {
  if (bytes.length < 8) return null;
  const length = bytes.readUInt16BE(4);
  if (length < 8 || length > bytes.length) return null;
  return {
    sourcePort: bytes.readUInt16BE(0),
    destinationPort: bytes.readUInt16BE(2),
    payload: bytes.subarray(8, length),
  };
}

export interface Segment {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly flags: number;
  /** As it stands there: not scaled. */
  readonly window: number;
  /** Of a SYN alone: the longest payload that the other side takes, and by how many bits it scales its window. */
  readonly mss: number | null;
  readonly scale: number | null;
  readonly payload: Buffer;
}

export function parseTcp(bytes: Buffer): Segment | null {
  if (bytes.length < 20) return null;
  const header = (bytes[12]! >> 4) * 4;
  if (header < 20 || header > bytes.length) return null;
  const flags = bytes[13]! & 0x3f;
  const options = (flags & FLAG.syn) === 0 ? NONE : tcpOptions(bytes.subarray(20, header));
  return {
    sourcePort: bytes.readUInt16BE(0),
    destinationPort: bytes.readUInt16BE(2),
    sequence: bytes.readUInt32BE(4),
    acknowledgment: bytes.readUInt32BE(8),
    flags,
    window: bytes.readUInt16BE(14),
    ...options,
    payload: bytes.subarray(header),
  };
}

const NONE = { mss: null, scale: null };

function tcpOptions(bytes: Buffer): Pick<Segment, 'mss' | 'scale'> {
  let found: Pick<Segment, 'mss' | 'scale'> = NONE;
  for (let at = 0; at < bytes.length;) {
    const kind = bytes[at]!;
    if (kind === 0) break;
    if (kind === 1) {
      at += 1;
      continue;
    }
    const length = bytes[at + 1] ?? 0;
    if (length < 2 || at + length > bytes.length) break;
    if (kind === 2 && length === 4) found = { ...found, mss: bytes.readUInt16BE(at + 2) };
    if (kind === 3 && length === 3) found = { ...found, scale: Math.min(14, bytes[at + 2]!) };
    at += length;
  }
  return found;
}

export function frameOf(destination: Buffer, source: Buffer, type: number, payload: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(14 + payload.length);
  destination.copy(frame, 0, 0, 6);
  source.copy(frame, 6, 0, 6);
  frame.writeUInt16BE(type, 12);
  payload.copy(frame, 14);
  return frame;
}

export function arpOf(arp: Arp & { readonly targetMac: Buffer }): Buffer {
  const bytes = Buffer.alloc(28);
  bytes.writeUInt32BE(0x00010800, 0);
  bytes.writeUInt16BE(0x0604, 4);
  bytes.writeUInt16BE(arp.operation === 'request' ? 1 : 2, 6);
  arp.senderMac.copy(bytes, 8, 0, 6);
  bytes.writeUInt32BE(arp.sender, 14);
  arp.targetMac.copy(bytes, 18, 0, 6);
  bytes.writeUInt32BE(arp.target, 24);
  return bytes;
}

const HEADER = 20;

/** An IPv4 packet that is never cut up, around what `payload` holds. */
export function packetOf(source: number, destination: number, protocol: number, payload: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER + payload.length);
  writeHeader(bytes, source, destination, protocol);
  payload.copy(bytes, HEADER);
  return bytes;
}

/** At the beginning of a packet that is as long as it is going to be. */
function writeHeader(bytes: Buffer, source: number, destination: number, protocol: number): void {
  bytes.writeUInt32BE(0x45000000 + bytes.length, 0);
  bytes.writeUInt32BE(0x4000, 4);
  bytes.writeUInt32BE((64 << 24) | (protocol << 16), 8);
  bytes.writeUInt32BE(source, 12);
  bytes.writeUInt32BE(destination, 16);
  bytes.writeUInt16BE(foldSum(sumWords(bytes.subarray(0, HEADER))), 10);
}

export function udpOf(source: number, destination: number, datagram: Datagram): Buffer {
  const bytes = Buffer.alloc(8 + datagram.payload.length);
  bytes.writeUInt16BE(datagram.sourcePort, 0);
  bytes.writeUInt16BE(datagram.destinationPort, 2);
  bytes.writeUInt16BE(bytes.length, 4);
  datagram.payload.copy(bytes, 8);
  const sum = foldSum(sumWords(bytes, pseudoSum(source, destination, PROTOCOL.udp, bytes.length)));
  // None at all would be said by 0.
  bytes.writeUInt16BE(sum === 0 ? 0xffff : sum, 6);
  return packetOf(source, destination, PROTOCOL.udp, bytes);
}

/** Made for every packet to the guest: in one piece of memory, with the header of IPv4 in front. */
export function tcpOf(source: number, destination: number, segment: Segment): Buffer {
  const { mss, scale, payload } = segment;
  const options = mss === null ? 0 : scale === null ? 4 : 8;
  const packet = Buffer.allocUnsafe(HEADER + 20 + options + payload.length);
  writeHeader(packet, source, destination, PROTOCOL.tcp);
  const bytes = packet.subarray(HEADER);
  bytes.writeUInt16BE(segment.sourcePort, 0);
  bytes.writeUInt16BE(segment.destinationPort, 2);
  bytes.writeUInt32BE(segment.sequence >>> 0, 4);
  bytes.writeUInt32BE(segment.acknowledgment >>> 0, 8);
  bytes[12] = ((20 + options) / 4) << 4;
  bytes[13] = segment.flags;
  bytes.writeUInt16BE(segment.window, 14);
  bytes.writeUInt32BE(0, 16);
  if (mss !== null) bytes.writeUInt32BE(0x02040000 | mss, 20);
  if (mss !== null && scale !== null) bytes.writeUInt32BE(0x01030300 | scale, 24);
  payload.copy(bytes, 20 + options);
  bytes.writeUInt16BE(foldSum(sumWords(bytes, pseudoSum(source, destination, PROTOCOL.tcp, bytes.length))), 16);
  return packet;
}

/** The answer to a ping; null for anything else that ICMP has. */
export function echoReply(payload: Buffer): Buffer | null {
  if (payload.length < 8 || payload[0] !== 8 || payload[1] !== 0) return null;
  const reply = Buffer.from(payload);
  reply[0] = 0;
  reply.writeUInt16BE(0, 2);
  reply.writeUInt16BE(foldSum(sumWords(reply)), 2);
  return reply;
}
