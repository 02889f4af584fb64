import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Datagrams } from '../../../src/gateway/datagrams.ts';
import { Journal } from '../../../src/gateway/journal.ts';
import { parsePacket, parseUdp, udpOf } from '../../../src/gateway/packets.ts';
import { parseIpv4 } from '../../../src/model/network.ts';
import { until } from '../../support/guest.ts';

const GUEST = parseIpv4('10.0.2.15')!;
const OUTSIDE = parseIpv4('44.0.0.2')!;

const cleanup: (() => void)[] = [];
afterEach(() => {
  for (const end of cleanup.splice(0)) end();
});

/** @param open makes sockets of the host; by default they lead to nothing that answers */
function world(open: () => Socket) {
  const answers: string[] = [];
  const journal = new Journal(
    () => undefined,
    () => new Date(),
  );
  const datagrams = new Datagrams(GUEST, {
    ...{ network: () => ({ hostLoopback: false, allowHost: [], egress: { kind: 'open' } }), isOwn: () => false },
    ...{ journal, open },
    sendPacket: (packet) => answers.push(parseUdp(parsePacket(packet)!.payload)!.payload.toString()),
  });
  cleanup.push(() => datagrams.endAll());
  const send = (text: string, destinationPort = 443): void => {
    const packet = parsePacket(
      udpOf(GUEST, OUTSIDE, { sourcePort: 5000, destinationPort, payload: Buffer.from(text) }),
    )!;
    datagrams.handle(packet, parseUdp(packet.payload)!);
  };
  return { answers, journal, datagrams, send };
}

/** A server that says everything twice; sockets that are to lead outside lead there. */
async function outside(): Promise<() => Socket> {
  const server = createSocket('udp4');
  cleanup.push(() => server.close());
  server.on('message', (text, { port, address }) => server.send(`${text.toString()}${text.toString()}`, port, address));
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  return () => {
    const socket = createSocket('udp4');
    const connect = socket.connect.bind(socket) as (port: number, address: string) => void;
    return Object.assign(socket, { connect: () => connect(server.address().port, '127.0.0.1') });
  };
}

describe('datagrams', () => {
  it('all go out, also those that come before there is a way', async () => {
    const { answers, journal, send } = world(await outside());
    for (const text of ['a', 'bb', 'ccc']) send(text);
    await until('the answers', () => Promise.resolve(answers.length === 3 || null), 10_000);
    send('d');
    await until('one more', () => Promise.resolve(answers.length === 4 || null), 10_000);
    expect(answers.sort()).toEqual(['aa', 'bbbb', 'cccccc', 'dd']);
    expect(journal.counters).toMatchObject({ allowed: 1, denied: 0, sent: 7, received: 14 });
  });

  it('to port 0 go nowhere, and end nothing', () => {
    const { datagrams, send } = world(() => createSocket('udp4'));
    send('x', 0);
    expect(datagrams.size).toBe(0);
  });

  it('are lost, and no more, where the host has no way out', async () => {
    const { datagrams, send } = world(() => {
      const socket = createSocket('udp4');
      // Another family's address cannot be connected to, whatever network this host has.
      const connect = socket.connect.bind(socket) as (port: number, address: string) => void;
      return Object.assign(socket, { connect: () => connect(9, '::1') });
    });
    send('x');
    send('y');
    expect(datagrams.size).toBe(1);
    await until('its end', () => Promise.resolve(datagrams.size === 0 || null), 10_000);
    send('z');
    expect(datagrams.size).toBe(1);
  });
});
