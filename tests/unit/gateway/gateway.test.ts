import { createServer, type Server } from 'node:http';
import { createServer as createTcp, connect, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ETHERNET, frameOf, packetOf, PROTOCOL, tcpOf, udpOf } from '../../../src/gateway/packets.ts';
import { parseIpv4, type EgressRule, type NetworkConfig } from '../../../src/model/network.ts';
import { wired } from './wired.ts';

const only = (...allow: readonly (string | EgressRule)[]): NetworkConfig => ({
  hostLoopback: false,
  allowHost: [],
  egress: {
    kind: 'only',
    allow: allow.map((rule) => (typeof rule === 'string' ? { host: rule, port: null } : rule)),
    presets: [],
  },
});
const open: NetworkConfig = { hostLoopback: false, allowHost: [], egress: { kind: 'open' } };

const NAMES: Readonly<Record<string, string>> = {
  'a.example.org': '44.0.0.2',
  'b.example.org': '44.0.0.2',
  'inside.example.org': '127.0.0.1',
  'own.example.org': '44.0.0.1',
};

const cleanup: (() => unknown)[] = [];
afterEach(() => {
  for (const end of cleanup.splice(0)) end();
});

/** A gateway between a guest and servers of ours, which stand for the outside: whatever is dialled arrives there. */
function world(network: NetworkConfig, server: number) {
  const dialled: string[] = [];
  const parts = wired({
    network,
    host: {
      resolve: (name) =>
        NAMES[name] === undefined ? Promise.reject(new Error('none')) : Promise.resolve([parseIpv4(NAMES[name]) ?? 0]),
      isOwn: (address) => address === parseIpv4('44.0.0.1'),
    },
    dial: (address, port) => {
      dialled.push(`${address}:${port}`);
      return connect({ host: '127.0.0.1', port: server, allowHalfOpen: true });
    },
  });
  return { ...parts, dialled };
}

function listening(server: Server | ReturnType<typeof createTcp>): Promise<number> {
  cleanup.push(() => server.close());
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
}

const web = (): Promise<number> =>
  listening(
    createServer((request, response) => response.setHeader('connection', 'close').end(`for ${request.headers.host}`)),
  );

const get = (host: string): string => `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
const REFUSED = { opened: false, said: '', reset: true };

describe('a gateway', () => {
  it('lets out what is asked for by an allowed name, and says so', async () => {
    const { guest, dialled, lines } = world(only('a.example.org'), await web());
    expect(await guest.lookUp('a.example.org')).toEqual(['44.0.0.2']);
    expect(await guest.attempt('44.0.0.2', 80, get('a.example.org'))).toMatchObject({
      said: expect.stringContaining('for a.example.org') as unknown,
    });
    expect(dialled).toEqual(['44.0.0.2:80']);
    expect(lines).toMatchObject([{ verdict: 'allowed', protocol: 'tcp', name: 'a.example.org', port: 80 }]);
  });

  it('makes no connection for an address that no name stands for, another name, or another port', async () => {
    const { guest, dialled, lines } = world(only('a.example.org'), await web());
    expect(await guest.attempt('44.0.0.2', 80, get('a.example.org'))).toEqual(REFUSED);
    expect(await guest.lookUp('b.example.org')).toEqual([]);
    await guest.lookUp('a.example.org');
    expect(await guest.attempt('44.0.0.2', 80, get('b.example.org'))).toMatchObject({ said: '', reset: true });
    expect(await guest.attempt('44.0.0.2', 8080, get('a.example.org'))).toEqual(REFUSED);
    expect(await guest.attempt('44.0.0.2', 443, 'SSH-2.0-x\r\n')).toMatchObject({ said: '', reset: true });
    expect(dialled).toEqual([]);
    expect(lines.map(({ reason, add }) => [reason, add])).toEqual([
      ['it is an address that no allowed name stands for', '44.0.0.2'],
      ['no allowed name', 'b.example.org'],
      ['its request is for b.example.org', null],
      ['port 8080 of it is not allowed', 'a.example.org:8080'],
      ['it speaks neither TLS nor HTTP', null],
    ]);
  });

  it.each([
    ['127.0.0.1', 'the loopback'],
    ['169.254.169.254', 'metadata'],
    ['192.168.1.1', 'private'],
    ['100.64.0.1', 'private'],
    ['44.0.0.1', 'own'],
    ['10.0.2.2', 'of the host is closed'],
    ['10.0.2.99', 'nobody'],
  ])('never reaches %s, also where all is open', async (address, why) => {
    const { guest, dialled, lines } = world(open, await web());
    expect(await guest.attempt(address, 80, get('x'))).toEqual(REFUSED);
    expect(dialled).toEqual([]);
    expect(lines).toMatchObject([{ verdict: 'denied', reason: expect.stringContaining(why) as unknown }]);
  });

  it('gives no address of a name that leads inside', async () => {
    const { guest } = world(open, await web());
    expect(await guest.lookUp('inside.example.org')).toEqual([]);
    expect(await guest.lookUp('own.example.org')).toEqual([]);
    expect(await guest.lookUp('host.internal')).toEqual([]);
    expect(await guest.lookUp('dev')).toEqual(['10.0.2.15']);
  });

  it('leads to single ports of the host’s loopback', async () => {
    const { guest, dialled } = world({ ...only(), allowHost: [5432] }, await web());
    expect(await guest.lookUp('host.internal')).toEqual(['10.0.2.2']);
    expect(await guest.attempt('10.0.2.2', 5432, get('db'))).toMatchObject({ opened: true });
    expect(await guest.attempt('10.0.2.2', 5433, get('db'))).toEqual(REFUSED);
    expect(dialled).toEqual(['127.0.0.1:5432']);
  });

  it('has a guest wait for a server that speaks first, where a port is named', async () => {
    const port = await listening(createTcp((socket) => void socket.end('hello\n')));
    const { guest } = world(only({ host: 'a.example.org', port: 22 }), port);
    await guest.lookUp('a.example.org');
    expect(await guest.attempt('44.0.0.2', 22, '')).toEqual({ opened: true, said: 'hello\n', reset: false });
  });

  it('carries much in both directions, whole', async () => {
    const size = 3_000_000;
    const port = await listening(
      createTcp((socket) => {
        let left = size;
        socket.on('data', (data) => {
          left -= data.length;
          if (left === 0) socket.end(Buffer.alloc(size, 'y'));
        });
      }),
    );
    const { guest, gateway } = world(open, port);
    const { said, reset } = await guest.attempt('44.0.0.2', 9, Buffer.alloc(size, 'x'));
    expect([said.length, said.replaceAll('y', ''), reset]).toEqual([size, '', false]);
    expect(gateway.state.counters).toMatchObject({ sent: size, received: size });
  });

  it('says that a port is closed when it is', async () => {
    const server = createTcp();
    const port = await listening(server);
    server.close();
    const { guest } = world(open, port);
    expect(await guest.attempt('44.0.0.2', 9, '')).toEqual(REFUSED);
  });

  it('breaks off what is not allowed any more, and lets go on what is', async () => {
    const sockets: (() => void)[] = [];
    const port = await listening(
      createTcp((socket) => {
        socket.on('error', () => undefined).write('begun\n');
        sockets.push(() => socket.end('end\n'));
      }),
    );
    const { guest, gateway } = world(
      only({ host: 'a.example.org', port: 22 }, { host: 'a.example.org', port: 23 }),
      port,
    );
    await guest.lookUp('a.example.org');
    const heard = (port: number) => guest.attempt('44.0.0.2', port, '');
    const [closed, kept] = [heard(22), heard(23)];
    while (gateway.state.connections < 2 || sockets.length < 2) await new Promise((resolve) => setImmediate(resolve));
    await gateway.setNetwork(only({ host: 'a.example.org', port: 23 }));
    expect(await closed).toMatchObject({ reset: true });
    for (const end of sockets) end();
    expect(await kept).toMatchObject({ said: 'begun\nend\n', reset: false });
  });

  it('passes what is forwarded to the guest, and back only the answer to it', () => {
    const { gateway, forwarder } = world(only(), 1);
    const [guest, host] = [parseIpv4('10.0.2.15') ?? 0, parseIpv4('10.0.2.2') ?? 0];
    const [mac, slirp] = [Buffer.alloc(6, 2), Buffer.alloc(6, 4)];
    const segment = { sourcePort: 22, destinationPort: 4000, sequence: 1, acknowledgment: 1, flags: 18, window: 9 };
    const rest = { mss: null, scale: null, payload: Buffer.alloc(0) };
    const back = frameOf(slirp, mac, ETHERNET.ipv4, tcpOf(guest, host, { ...segment, ...rest }));
    gateway.fromGuest(back);
    expect(forwarder).toEqual([]);
    const call = { ...segment, ...rest, sourcePort: 4000, destinationPort: 22, flags: 2 };
    gateway.fromForwarder(frameOf(mac, slirp, ETHERNET.ipv4, tcpOf(host, guest, call)));
    gateway.fromGuest(back);
    expect(forwarder).toHaveLength(1);
    // It begins another one at the same place.
    gateway.fromGuest(frameOf(slirp, mac, ETHERNET.ipv4, tcpOf(guest, host, { ...segment, ...rest, flags: 2 })));
    gateway.fromGuest(
      frameOf(
        slirp,
        mac,
        ETHERNET.ipv4,
        udpOf(guest, host, { sourcePort: 22, destinationPort: 4000, payload: rest.payload }),
      ),
    );
    expect(forwarder).toHaveLength(1);
  });

  it('drops other addresses, parts of packets, options and pings, with a line about each', () => {
    const { gateway, lines } = world(open, 1);
    const [guest, out] = [parseIpv4('10.0.2.15') ?? 0, parseIpv4('44.0.0.2') ?? 0];
    const send = (packet: Buffer): void =>
      gateway.fromGuest(frameOf(Buffer.alloc(6), Buffer.alloc(6, 2), ETHERNET.ipv4, packet));
    send(packetOf(out, out, PROTOCOL.udp, Buffer.alloc(8)));
    send(packetOf(guest, out, PROTOCOL.icmp, Buffer.from([8, 0, 0, 0, 0, 0, 0, 0])));
    send(packetOf(guest, out, 47, Buffer.alloc(8)));
    expect(lines.map(({ reason }) => reason)).toEqual([
      'it comes from an address that is not the guest’s',
      'no ping leaves',
      'only TCP leaves',
    ]);
  });

  it('tells what would come of an attempt', async () => {
    const { gateway, dialled } = world(only('a.example.org', { host: 'a.example.org', port: 22 }), 1);
    expect(await gateway.test('a.example.org', 22)).toEqual({
      allowed: true,
      reason: '',
      add: null,
      addresses: ['44.0.0.2'],
    });
    expect(await gateway.test('b.example.org', 443)).toMatchObject({ allowed: false, add: 'b.example.org' });
    expect(await gateway.test('a.example.org', 23)).toMatchObject({ allowed: false, add: 'a.example.org:23' });
    expect(await gateway.test('10.1.2.3', 443)).toMatchObject({ allowed: false, add: null });
    expect(dialled).toEqual([]);
  });
});
