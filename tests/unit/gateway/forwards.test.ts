import { describe, expect, it } from '@jest/globals';
import { Forwards } from '../../../src/gateway/forwards.ts';
import { FLAG, packetOf, parsePacket, PROTOCOL, tcpOf, udpOf, type Packet } from '../../../src/gateway/packets.ts';
import { parseIpv4 } from '../../../src/model/network.ts';

const address = (text: string): number => parseIpv4(text)!;
const GUEST = address('10.0.2.15');
const HOST = address('10.0.2.2');
const MINUTE = 60_000;

const udp = (from: number, sourcePort: number, to: number, destinationPort: number): Packet =>
  parsePacket(udpOf(from, to, { sourcePort, destinationPort, payload: Buffer.from('x') }))!;
const tcp = (from: number, sourcePort: number, to: number, destinationPort: number, flags: number): Packet => {
  const rest = { sequence: 1, acknowledgment: 1, window: 9, mss: null, scale: null, payload: Buffer.alloc(0) };
  return parsePacket(tcpOf(from, to, { sourcePort, destinationPort, flags, ...rest }))!;
};

function world() {
  let time = 0;
  const forwards = new Forwards(GUEST, () => time);
  return { forwards, later: (by: number) => (time += by) };
}

describe('Forwards', () => {
  it('lets a guest answer a datagram, to whom it came from and from where it was sent to', () => {
    const { forwards } = world();
    expect(forwards.fromGuest(udp(GUEST, 53, HOST, 4000))).toBe(false);
    expect(forwards.fromForwarder(udp(HOST, 4000, GUEST, 53))).toBe(true);
    expect(forwards.fromGuest(udp(GUEST, 53, HOST, 4000))).toBe(true);
    expect(forwards.fromGuest(udp(GUEST, 53, HOST, 4001))).toBe(false);
    expect(forwards.fromGuest(udp(GUEST, 54, HOST, 4000))).toBe(false);
    expect(forwards.fromGuest(udp(GUEST, 53, address('10.0.2.3'), 4000))).toBe(false);
  });

  it('lets it go on for two minutes after the last one, whatever it sends itself', () => {
    const { forwards, later } = world();
    forwards.fromForwarder(udp(HOST, 4000, GUEST, 53));
    const answers = [1, 1, 1].map((minutes) => {
      later(minutes * MINUTE);
      return forwards.fromGuest(udp(GUEST, 53, HOST, 4000));
    });
    expect(answers).toEqual([true, true, false]);
    forwards.fromForwarder(udp(HOST, 4000, GUEST, 53));
    expect(forwards.fromGuest(udp(GUEST, 53, HOST, 4000))).toBe(true);
  });

  it('lets a connection be silent for as long as it likes, and none begin', () => {
    const { forwards, later } = world();
    expect(forwards.fromForwarder(tcp(HOST, 4000, GUEST, 22, FLAG.syn))).toBe(true);
    later(600 * MINUTE);
    expect(forwards.fromGuest(tcp(GUEST, 22, HOST, 4000, FLAG.ack))).toBe(true);
    expect(forwards.fromGuest(tcp(GUEST, 22, HOST, 4000, FLAG.syn))).toBe(false);
  });

  it('passes nothing that is not for the guest, or that comes from where nobody is', () => {
    const { forwards } = world();
    expect(forwards.fromForwarder(udp(HOST, 4000, address('10.0.2.16'), 53))).toBe(false);
    expect(forwards.fromForwarder(udp(address('10.0.2.3'), 53, GUEST, 53))).toBe(false);
    expect(forwards.fromForwarder(packet(PROTOCOL.icmp))).toBe(false);
    expect(forwards.fromForwarder(udp(address('192.168.7.7'), 4000, GUEST, 53))).toBe(true);
  });
});

const packet = (protocol: number): Packet => parsePacket(packetOf(HOST, GUEST, protocol, Buffer.alloc(8)))!;
