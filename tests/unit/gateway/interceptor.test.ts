import {
  Agent,
  createServer as createHttp,
  request as ask,
  type IncomingMessage,
  type RequestListener,
} from 'node:http';
import { createServer as createHttps, type Server } from 'node:https';
import { connect, createServer as createTcp, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { TrialGuest } from '../../../src/gateway/trial-guest.ts';
import { makeAuthority } from '../../../src/host/authority.ts';
import { parseIpv4, type NetworkConfig } from '../../../src/model/network.ts';
import type { GatewaySecret, GatewaySecrets } from '../../../src/model/secrets.ts';
import { wired } from './wired.ts';

const VALUE = 'the-real-value-of-it';
const PLACEHOLDER = 'ai-vm-placeholder-one';
const OPEN: NetworkConfig = { hostLoopback: false, allowHost: [], egress: { kind: 'open' } };
const only = (...hosts: string[]): NetworkConfig => ({
  ...OPEN,
  egress: { kind: 'only', allow: hosts.map((host) => ({ host, port: null })), presets: [] },
});

const cleanup: (() => unknown)[] = [];
afterEach(() => {
  for (const end of cleanup.splice(0)) end();
});

/** The real hosts' certificates, and what the guest is shown. */
const REAL = makeAuthority(['api.example.org', 'other.example.org'], new Date());
const OURS = makeAuthority(['api.example.org'], new Date());

const SECRET: GatewaySecret = {
  ...{ name: 'API_KEY', placeholder: PLACEHOLDER, value: VALUE },
  hosts: [
    { host: 'api.example.org', port: 443 },
    { host: 'api.example.org', port: 80 },
  ],
};
const GIVEN: GatewaySecrets = { secrets: [SECRET], certificates: OURS.leaves, trust: REAL.certificate };

interface Asked {
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** The real host, which shows all that it is told. */
function host(asked: Asked[]): RequestListener {
  return (request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      asked.push({ url: request.url ?? '', headers: request.headers, body });
      const shown = JSON.stringify(request.headers);
      switch (request.url?.split('?')[0]) {
        case '/redirect':
          response.writeHead(302, { location: `https://other.example.org/?key=${VALUE}` }).end();
          break;
        case '/packed':
          response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(shown));
          break;
        case '/pieces':
          response.write('data: the-real-');
          setTimeout(() => response.write('value-of-it\n\n'), 50);
          setTimeout(() => response.end('data: end\n\n'), 400);
          break;
        default:
          response.writeHead(200, { 'x-shown': request.headers['x-api-key'] ?? '', 'content-length': shown.length });
          response.end(shown);
      }
    });
  };
}

function listening(server: Server | ReturnType<typeof createHttp> | ReturnType<typeof createTcp>): Promise<number> {
  cleanup.push(() => server.close());
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
}

interface Ports {
  readonly tls: number;
  readonly clear: number;
}

async function hosts(asked: Asked[], authority = REAL): Promise<Ports & { readonly server: Server }> {
  const leaf = (name: string) => ({ cert: authority.leaves[name]!.certificate, key: authority.leaves[name]!.key });
  const server = createHttps({ ...leaf('api.example.org'), ALPNProtocols: ['h2', 'http/1.1'] }, host(asked));
  server.addContext('other.example.org', leaf('other.example.org'));
  cleanup.push(() => server.closeAllConnections());
  const clear = createHttp(host(asked));
  cleanup.push(() => clear.closeAllConnections());
  return { tls: await listening(server), clear: await listening(clear), server };
}

function world(network: NetworkConfig, ports: Ports) {
  const parts = wired({
    network,
    host: { resolve: () => Promise.resolve([parseIpv4('44.0.0.2') ?? 0]), isOwn: () => false },
    dial: (_address, port) =>
      connect({ host: '127.0.0.1', port: port === 443 ? ports.tls : ports.clear, allowHalfOpen: true }),
  });
  parts.gateway.setSecrets(GIVEN);
  return parts;
}

/** As a program in the guest that trusts what it was given. */
async function greet(guest: TrialGuest, name: string, ca: string, ALPNProtocols?: string[]): Promise<TLSSocket> {
  await guest.lookUp(name);
  return greetKnown(guest, name, ca, ALPNProtocols);
}

/** The same, where the guest knows the address from before. */
function greetKnown(guest: TrialGuest, name: string, ca: string, ALPNProtocols?: string[]): Promise<TLSSocket> {
  const socket = guest.open('44.0.0.2', 443)!;
  return new Promise((resolve, reject) => {
    const tls = connectTls({ socket, servername: name, ca, ...(ALPNProtocols && { ALPNProtocols }) }, () =>
      resolve(tls),
    );
    tls.once('error', reject);
    tls.once('close', () => reject(new Error('closed')));
  });
}

interface Said {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** As it came, with the milliseconds since the first. */
  readonly parts: readonly (readonly [text: string, at: number])[];
}

interface Wish {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A connection is kept by one agent for as long as it is. */
const agents = new WeakMap<object, Agent>();

function say(socket: NonNullable<ReturnType<TrialGuest['open']>>, name: string, wish: Wish = {}): Promise<Said> {
  const { path = '/', method = 'GET', headers = {}, body } = wish;
  const agent = agents.get(socket) ?? new Agent({ keepAlive: true, maxSockets: 1 });
  agents.set(socket, Object.assign(agent, { createConnection: () => socket }));
  return new Promise((resolve, reject) => {
    const request = ask({
      ...{ method, path, headers: { host: name, connection: 'keep-alive', ...headers } },
      agent,
    });
    request.once('error', reject);
    request.once('response', (answer) => {
      const parts: [string, number][] = [];
      let begun = 0;
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        begun ||= performance.now();
        parts.push([chunk, performance.now() - begun]);
      });
      answer.once('error', reject);
      answer.once('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          parts,
          body: parts.map(([text]) => text).join(''),
        }),
      );
    });
    request.once('continue', () => request.end(body));
    if (headers['expect'] === undefined) request.end(body);
    else request.flushHeaders();
  });
}

const KEY = { 'x-api-key': PLACEHOLDER, authorization: `Bearer ${PLACEHOLDER}` };

describe('a host that a secret is for', () => {
  it.each([
    ['a list', only('api.example.org')],
    ['what is open', OPEN],
  ])('gets the value in heads and the query, and no answer shows it, behind %s', async (_what, network) => {
    const asked: Asked[] = [];
    const { guest, lines } = world(network, await hosts(asked));
    const tls = await greet(guest, 'api.example.org', OURS.certificate);
    const basic = `Basic ${Buffer.from(`me:${PLACEHOLDER}`).toString('base64')}`;
    const headers = { ...KEY, 'proxy-authorization': basic, range: 'bytes=0-3', 'accept-encoding': 'gzip' };
    const said = await say(tls, 'api.example.org', {
      path: `/v1?key=${PLACEHOLDER}`,
      method: 'POST',
      headers,
      body: PLACEHOLDER,
    });
    expect(asked).toMatchObject([
      {
        url: `/v1?key=${VALUE}`,
        headers: { 'x-api-key': VALUE, authorization: `Bearer ${VALUE}`, 'accept-encoding': 'identity' },
        body: PLACEHOLDER,
      },
    ]);
    expect(asked[0]?.headers['proxy-authorization']).toBe(`Basic ${Buffer.from(`me:${VALUE}`).toString('base64')}`);
    expect(asked[0]?.headers.range).toBeUndefined();
    expect(said).toMatchObject({ status: 200, headers: { 'x-shown': PLACEHOLDER } });
    expect(JSON.parse(said.body)).toMatchObject({ ...KEY, 'proxy-authorization': basic });
    // The same connection once more.
    const again = await say(tls, 'api.example.org', { path: '/redirect', headers: KEY });
    expect(again).toMatchObject({
      status: 302,
      headers: { location: `https://other.example.org/?key=${PLACEHOLDER}` },
    });
    const packed = await say(tls, 'api.example.org', { path: '/packed', headers: KEY });
    expect(JSON.parse(packed.body)).toMatchObject(KEY);
    expect(packed.headers['content-encoding']).toBeUndefined();
    expect(JSON.stringify(lines)).not.toContain(VALUE);
    expect(lines).toMatchObject([{ verdict: 'allowed', name: 'api.example.org', reason: 'opened for its secrets' }]);
    tls.destroy();
  });

  it('is heard as it speaks, and never in pieces of the value', async () => {
    const { guest } = world(OPEN, await hosts([]));
    const tls = await greet(guest, 'api.example.org', OURS.certificate);
    const { parts } = await say(tls, 'api.example.org', { path: '/pieces' });
    expect(parts.map(([text]) => text).join('')).toBe(`data: ${PLACEHOLDER}\n\ndata: end\n\n`);
    // What was whole did not wait for what came later.
    const before = parts.filter(([text]) => !text.includes('end')).at(-1)![1];
    expect(parts.at(-1)![1] - before).toBeGreaterThan(200);
    tls.destroy();
  });

  it('may ask a guest to go on before it sends a body', async () => {
    const asked: Asked[] = [];
    const { guest } = world(OPEN, await hosts(asked));
    const tls = await greet(guest, 'api.example.org', OURS.certificate);
    const headers = { ...KEY, expect: '100-continue', 'content-length': '4' };
    expect(await say(tls, 'api.example.org', { method: 'PUT', headers, body: 'body' })).toMatchObject({ status: 200 });
    expect(asked).toMatchObject([{ body: 'body', headers: { 'x-api-key': VALUE } }]);
    const chunked = { ...KEY, 'transfer-encoding': 'chunked' };
    await say(tls, 'api.example.org', { method: 'POST', headers: chunked, body: 'more' });
    await say(tls, 'api.example.org', { method: 'POST' });
    expect(await say(tls, 'api.example.org', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
    expect(asked.map(({ body }) => body)).toEqual(['body', 'more', '', '']);
    tls.destroy();
  });

  it('speaks HTTP/1.1 alone', async () => {
    const { guest } = world(OPEN, await hosts([]));
    const tls = await greet(guest, 'api.example.org', OURS.certificate, ['h2', 'http/1.1']);
    expect(tls.alpnProtocol).toBe('http/1.1');
    tls.destroy();
    await expect(greet(guest, 'api.example.org', OURS.certificate, ['h2'])).rejects.toThrow();
  });

  it('is left alone where nothing is for it: the guest sees its own certificate, and it the placeholder', async () => {
    const asked: Asked[] = [];
    const { guest, gateway } = world(OPEN, await hosts(asked));
    // Behind the same address.
    await guest.lookUp('api.example.org');
    await expect(greet(guest, 'other.example.org', OURS.certificate)).rejects.toThrow();
    const tls = await greet(guest, 'other.example.org', REAL.certificate);
    await say(tls, 'other.example.org', { headers: KEY });
    expect(asked).toMatchObject([{ headers: { 'x-api-key': PLACEHOLDER } }]);
    tls.destroy();
    gateway.setSecrets({ ...GIVEN, secrets: [] });
    const direct = await greet(guest, 'api.example.org', REAL.certificate);
    await say(direct, 'api.example.org', { headers: KEY });
    expect(asked).toMatchObject([{}, { headers: { 'x-api-key': PLACEHOLDER } }]);
    direct.destroy();
  });

  it('gets nothing that is for another one within its TLS', async () => {
    const asked: Asked[] = [];
    const { guest, lines } = world(only('api.example.org', 'other.example.org'), await hosts(asked));
    for (const wish of [
      { name: 'other.example.org', path: '/' },
      { name: 'api.example.org', path: 'https://other.example.org/' },
      { name: 'api.example.org:80', path: '/' },
    ]) {
      const tls = await greet(guest, 'api.example.org', OURS.certificate);
      await expect(say(tls, wish.name, { path: wish.path, headers: KEY })).rejects.toThrow();
    }
    const traced = await greet(guest, 'api.example.org', OURS.certificate);
    await expect(say(traced, 'api.example.org', { method: 'TRACE', headers: KEY })).rejects.toThrow();
    expect(asked).toEqual([]);
    expect(lines.map(({ reason }) => reason)).toContain(
      'its request is for other.example.org, and its TLS for api.example.org',
    );
  });

  it('gets it also from a guest that knew its address before there was this gateway', async () => {
    const asked: Asked[] = [];
    const { guest } = world(OPEN, await hosts(asked));
    const tls = await greetKnown(guest, 'api.example.org', OURS.certificate);
    await say(tls, 'api.example.org', { headers: KEY });
    expect(asked).toMatchObject([{ headers: { 'x-api-key': VALUE } }]);
    tls.destroy();
    const other = await greetKnown(guest, 'other.example.org', REAL.certificate);
    await say(other, 'other.example.org', { headers: KEY });
    expect(asked).toMatchObject([{}, { headers: { 'x-api-key': PLACEHOLDER } }]);
    other.destroy();
  });

  it('is not asked for everything at once', async () => {
    const asked: Asked[] = [];
    const { guest, lines } = world(OPEN, await hosts(asked));
    const tls = await greet(guest, 'api.example.org', OURS.certificate);
    tls.on('error', () => undefined);
    tls.write('GET / HTTP/1.1\r\nHost: api.example.org\r\n\r\n'.repeat(500));
    await new Promise((resolve) => tls.once('close', resolve).resume());
    expect(lines.map(({ reason }) => reason)).toContain('it asks for too much at once');
    expect(asked.length).toBeLessThan(500);
  });

  it('is asked anew where it has closed the connection meanwhile', async () => {
    const asked: Asked[] = [];
    const there = await hosts(asked);
    there.server.keepAliveTimeout = 50;
    const { guest } = world(OPEN, there);
    const tls = await greet(guest, 'api.example.org', OURS.certificate);
    await say(tls, 'api.example.org', { headers: KEY });
    // Node's servers wait a second longer than they are told.
    await sleep(1500);
    expect(await say(tls, 'api.example.org', { headers: KEY })).toMatchObject({ status: 200 });
    expect(asked).toHaveLength(2);
    tls.destroy();
  });

  it('is none that does not answer, and the log says so', async () => {
    const { guest, lines } = world(OPEN, { tls: 1, clear: 1 });
    await expect(greet(guest, 'api.example.org', OURS.certificate)).rejects.toThrow();
    expect(lines).toMatchObject([
      { verdict: 'denied', name: 'api.example.org', reason: 'there is no connection with it (ECONNREFUSED)' },
    ]);
  });

  it('is none that this host does not trust', async () => {
    const asked: Asked[] = [];
    const forged = makeAuthority(['api.example.org', 'other.example.org'], new Date());
    const { guest, lines } = world(OPEN, await hosts(asked, forged));
    await expect(greet(guest, 'api.example.org', OURS.certificate)).rejects.toThrow();
    expect(asked).toEqual([]);
    expect(lines).toMatchObject([
      {
        verdict: 'denied',
        name: 'api.example.org',
        reason: expect.stringContaining('does not trust its certificate') as unknown,
      },
    ]);
  });

  it('gets it in the clear on port 80 where that was said, and no other host of the address does', async () => {
    const asked: Asked[] = [];
    const { guest, gateway } = world(only('api.example.org', 'other.example.org'), await hosts(asked));
    const clear = async (name: string): Promise<Said> => {
      await guest.lookUp(name);
      // What of a socket an agent asks for, beside the stream.
      const socket = Object.assign(guest.open('44.0.0.2', 80)!, {
        setKeepAlive: () => undefined,
        setTimeout: () => undefined,
        setNoDelay: () => undefined,
        ref: () => undefined,
        unref: () => undefined,
      });
      return say(socket, name, { headers: KEY });
    };
    await guest.lookUp('other.example.org');
    expect(JSON.parse((await clear('api.example.org')).body)).toMatchObject(KEY);
    await clear('other.example.org');
    gateway.setSecrets({ ...GIVEN, secrets: [{ ...SECRET, hosts: [SECRET.hosts[0]!] }] });
    await clear('api.example.org');
    await expect(clear('third.example.org')).rejects.toThrow();
    expect(asked.map(({ headers }) => headers['x-api-key'])).toEqual([VALUE, PLACEHOLDER, PLACEHOLDER]);
  });

  it('gets another value from the next request on, and none from the moment on at which it is taken away', async () => {
    const asked: Asked[] = [];
    const { guest, gateway } = world(OPEN, await hosts(asked));
    const tls = await greet(guest, 'api.example.org', OURS.certificate);
    await say(tls, 'api.example.org', { headers: KEY });
    gateway.setSecrets({ ...GIVEN, secrets: [{ ...SECRET, value: 'another-real-value' }] });
    await say(tls, 'api.example.org', { headers: KEY });
    expect(asked.map(({ headers }) => headers['x-api-key'])).toEqual([VALUE, 'another-real-value']);
    expect(gateway.state.secrets).toEqual([{ name: 'API_KEY', hosts: SECRET.hosts }]);
    const closed = new Promise((resolve) => tls.once('close', resolve));
    gateway.setSecrets({ ...GIVEN, secrets: [] });
    await closed;
  });

  it('may speak by WebSocket, whose frames end where they show the value', async () => {
    const real = await hosts([]);
    const heard: string[] = [];
    real.server.on('upgrade', (request, socket) => {
      heard.push(request.headers['x-api-key'] as string, request.headers['sec-websocket-extensions'] ?? 'none');
      socket.on('error', () => undefined);
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nx-shown: ${VALUE}\r\n\r\nhello`,
      );
      socket.on('data', (data: Buffer) => void socket.write(data.toString() === 'show' ? VALUE : data));
    });
    const { guest, lines } = world(OPEN, real);
    const tls = await greet(guest, 'api.example.org', OURS.certificate);
    let said = '';
    tls.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
    const closed = new Promise((resolve) => tls.once('close', resolve));
    tls.write(
      `GET /ws HTTP/1.1\r\nHost: api.example.org\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate\r\nX-Api-Key: ${PLACEHOLDER}\r\n\r\n`,
    );
    while (!said.includes('hello')) await sleep(5);
    expect(said).toContain(`x-shown: ${PLACEHOLDER}`);
    tls.write('and so on');
    while (!said.includes('and so on')) await sleep(5);
    tls.write('show');
    await closed;
    expect(said).not.toContain(VALUE);
    expect(heard).toEqual([VALUE, 'none']);
    expect(lines).toContainEqual(expect.objectContaining({ verdict: 'denied', name: 'api.example.org' }));
  });

  it('may say what Node would not say again, and the gateway goes on', async () => {
    const line = createTcp((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end('HTTP/1.1 099 O\x01K\r\nX: y\r\nContent-Length: 0\r\n\r\n'));
    });
    const clear = await listening(line);
    const { guest, gateway } = world(OPEN, { tls: clear, clear });
    gateway.setSecrets(GIVEN);
    await guest.lookUp('api.example.org');
    for (const target of ['/', '/\xe4', '/\x7f', '//', 'x', 'http://api.example.org', '*']) {
      const { said } = await guest.attempt('44.0.0.2', 80, `GET ${target} HTTP/1.1\r\nHost: api.example.org\r\n\r\n`);
      expect(said).not.toContain('200');
    }
    expect(await guest.lookUp('api.example.org')).toEqual(['44.0.0.2']);
  });

  it('lets what is no TLS pass as it would without, where everything is open', async () => {
    const line = createTcp((socket) => socket.on('error', () => undefined).end('a line\n'));
    const port = await listening(line);
    const { guest } = world(OPEN, { tls: port, clear: port });
    await guest.lookUp('api.example.org');
    expect(await guest.attempt('44.0.0.2', 443, 'hello')).toMatchObject({ said: 'a line\n' });
  });
});
