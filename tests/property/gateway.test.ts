/** Nothing that a guest sends ends its gateway, and nothing of it gets where it should not. */
import { connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readGreeting } from '../../src/gateway/client-hello.ts';
import { parseQuestion } from '../../src/gateway/dns-message.ts';
import { Gateway } from '../../src/gateway/gateway.ts';
import { HttpGuard } from '../../src/gateway/http-guard.ts';
import { Journal } from '../../src/gateway/journal.ts';
import { Deframer } from '../../src/gateway/link.ts';
import {
  ETHERNET,
  frameOf,
  packetOf,
  parsePacket,
  parseTcp,
  parseUdp,
  PROTOCOL,
  tcpOf,
  udpOf,
  type Segment,
} from '../../src/gateway/packets.ts';
import { Peers } from '../../src/gateway/peers.ts';
import { SendQueue } from '../../src/gateway/send-queue.ts';
import { closedRange, parseIpv4, printIpv4 } from '../../src/model/network.ts';

const bytes = (maxLength = 200): fc.Arbitrary<Buffer> => fc.uint8Array({ maxLength }).map((each) => Buffer.from(each));
const address = fc.integer({ min: 0, max: 0xffffffff });
const port = fc.integer({ min: 0, max: 65_535 });
const GUEST = parseIpv4('10.0.2.15') ?? 0;

const segment: fc.Arbitrary<Segment> = fc.record({
  sourcePort: port,
  destinationPort: port,
  sequence: address,
  acknowledgment: address,
  flags: fc.integer({ min: 0, max: 63 }),
  window: port,
  mss: fc.option(fc.integer({ min: 0, max: 65_535 })),
  scale: fc.option(fc.integer({ min: 0, max: 14 })),
  payload: bytes(),
});

/** Frames of all kinds, whole and with something in them turned round. */
const frame: fc.Arbitrary<Buffer> = fc
  .oneof(
    bytes(),
    fc
      .tuple(fc.constantFrom(...Object.values(ETHERNET), 0x86dd), bytes())
      .map(([type, payload]) => frameOf(Buffer.alloc(6), Buffer.alloc(6, 2), type, payload)),
    fc
      .tuple(address, segment)
      .map(([to, each]) => frameOf(Buffer.alloc(6), Buffer.alloc(6, 2), ETHERNET.ipv4, tcpOf(GUEST, to, each))),
    fc
      .tuple(fc.constantFrom('10.0.2.3', '10.0.2.2', '8.8.8.8'), port, fc.oneof(fc.constant(53), port), bytes())
      .map(([to, sourcePort, destinationPort, payload]) =>
        frameOf(
          Buffer.alloc(6),
          Buffer.alloc(6, 2),
          ETHERNET.ipv4,
          udpOf(GUEST, parseIpv4(to) ?? 0, { sourcePort, destinationPort, payload }),
        ),
      ),
    fc
      .tuple(address, fc.integer({ min: 0, max: 255 }), bytes())
      .map(([to, protocol, payload]) =>
        frameOf(Buffer.alloc(6), Buffer.alloc(6, 2), ETHERNET.ipv4, packetOf(GUEST, to, protocol, payload)),
      ),
  )
  .chain((whole) =>
    fc.oneof(
      fc.constant(whole),
      fc.tuple(fc.nat(Math.max(0, whole.length - 1)), fc.integer({ min: 0, max: 255 })).map(([at, value]) => {
        const turned = Buffer.from(whole);
        if (turned.length > 0) turned[at] = value;
        return turned;
      }),
      fc.nat(whole.length).map((length) => whole.subarray(0, length)),
    ),
  );

describe('parsers', () => {
  it('take any bytes', () => {
    fc.assert(
      fc.property(bytes(400), (any) => {
        for (const parse of [parsePacket, parseTcp, parseUdp, parseQuestion, readGreeting]) parse(any);
        new HttpGuard(() => false).push(any);
      }),
    );
  });

  it('read what was written', () => {
    fc.assert(
      fc.property(address, address, segment, (from, to, each) => {
        const packet = parsePacket(tcpOf(from, to, each));
        expect(packet).toMatchObject({ source: from, destination: to, protocol: PROTOCOL.tcp, fragment: false });
        const read = parseTcp(packet!.payload)!;
        const syn = (each.flags & 2) !== 0;
        expect(read).toEqual({
          ...each,
          mss: syn ? each.mss : null,
          scale: syn && each.mss !== null ? each.scale : null,
        });
      }),
    );
  });

  it('take frames apart however their stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(bytes(50).filter((each) => each.length > 0)),
        fc.integer({ min: 1, max: 40 }),
        (frames, size) => {
          const all = Buffer.concat(frames.flatMap((each) => [Buffer.from([0, 0, 0, each.length]), each]));
          const found: string[] = [];
          const deframer = new Deframer();
          for (let at = 0; at < all.length; at += size)
            expect(deframer.push(all.subarray(at, at + size), (each) => found.push(each.toString('hex')))).toBe(true);
          expect(found).toEqual(frames.map((each) => each.toString('hex')));
        },
      ),
    );
  });

  it('read an address back, and know the ranges that are closed', () => {
    fc.assert(fc.property(address, (each) => expect(parseIpv4(printIpv4(each))).toBe(each)));
    const closed = ['10.255.255.255', '172.31.0.1', '127.0.0.2', '169.254.1.1', '224.0.0.1', '0.0.0.0'];
    expect(closed.filter((each) => closedRange(parseIpv4(each) ?? 0) === null)).toEqual([]);
    expect(
      ['11.0.0.0', '172.32.0.1', '8.8.8.8', '44.0.0.1'].filter((each) => closedRange(parseIpv4(each) ?? 0) !== null),
    ).toEqual([]);
  });
});

describe('what waits for the guest', () => {
  it('arrives whole and in order, whatever it has room for and whatever is lost', () => {
    fc.assert(
      fc.property(
        fc.array(bytes(60)),
        fc.infiniteStream(fc.nat(50)),
        fc.integer({ min: 0, max: 0xffffffff }),
        (parts, numbers, begin) => {
          const draw = (): number => {
            const next: IteratorResult<number, undefined> = numbers.next();
            return next.value ?? 0;
          };
          const queue = new SendQueue(begin);
          for (const part of parts) queue.push(part, 16);
          const all = Buffer.concat(parts);
          const got: Buffer[] = [];
          let at = begin;
          for (let turn = 0; queue.size > 0 && turn < 10_000; turn += 1) {
            const room = 1 + draw();
            for (let piece = queue.next((at + room) >>> 0); piece; piece = queue.next((at + room) >>> 0)) {
              // Every third is lost.
              if (draw() % 3 === 0 || piece.sequence !== at) continue;
              got.push(piece.data);
              at = (at + piece.data.length) >>> 0;
            }
            queue.acknowledge(at);
            queue.rewind();
          }
          expect(Buffer.concat(got).equals(all)).toBe(true);
        },
      ),
    );
  });
});

describe('a gateway', () => {
  it('goes on whatever a guest sends, and connects to nothing that is closed', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 40 }), fc.array(frame, { maxLength: 10 }), (frames, forwarded) => {
        const dialled: string[] = [];
        const gateway = new Gateway({
          self: 'dev',
          network: { hostLoopback: false, allowHost: [], egress: { kind: 'only', allow: [], presets: [] } },
          peers: new Peers(() => null),
          journal: new Journal(
            () => undefined,
            () => new Date(0),
          ),
          now: () => 0,
          host: { resolve: () => Promise.resolve([]), isOwn: () => false },
          dial: (to) => {
            dialled.push(to);
            return connect({ host: '127.0.0.1', port: 1 }).on('error', () => undefined);
          },
          toGuest: () => undefined,
          toForwarder: () => undefined,
        });
        for (const each of frames) gateway.fromGuest(each);
        for (const each of forwarded) gateway.fromForwarder(each);
        gateway.flush();
        expect(dialled).toEqual([]);
        expect(gateway.state.connections).toBe(0);
      }),
    );
  });
});
