/** The gateway's own socket: `ai-vm` asks and changes it there, and gateways of other machines of the project call. */
import { createServer, type Server, type Socket } from 'node:net';
import { networksOf, type NetworkConfig } from '../model/network.ts';
import type { GatewaySecrets } from '../model/secrets.ts';
import type { Gateway } from './gateway.ts';
import { joinStreams } from './pipe.ts';

/** Secrets are the longest that is said: all certificates that this host trusts come with them (bytes). */
const LONGEST = 4 * 1024 * 1024;
/** Whoever says nothing for so long is let go (milliseconds). */
const PATIENCE = 10_000;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const isNames = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

/** As far as it matters to those who write it, which is `ai-vm` alone. */
export function isNetwork(value: unknown): value is NetworkConfig {
  if (!isObject(value) || typeof value['hostLoopback'] !== 'boolean' || !Array.isArray(value['allowHost']))
    return false;
  if (value['networks'] !== undefined && !isNames(value['networks'])) return false;
  const egress = value['egress'];
  if (!isObject(egress)) return false;
  return egress['kind'] === 'open' || (egress['kind'] === 'only' && Array.isArray(egress['allow']));
}

/** Likewise. */
function isSecrets(value: unknown): value is GatewaySecrets {
  if (!isObject(value) || typeof value['trust'] !== 'string' || !isObject(value['certificates'])) return false;
  const { secrets } = value;
  const isSecret = (one: unknown): boolean =>
    isObject(one) &&
    ['name', 'placeholder', 'value'].every((key) => typeof one[key] === 'string' && one[key] !== '') &&
    Array.isArray(one['hosts']);
  return Array.isArray(secrets) && secrets.every(isSecret);
}

export function serveControl(gateway: Gateway, path: string, ready: () => void): Server {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let text: Buffer = Buffer.alloc(0);
    socket.on('error', () => socket.destroy());
    socket.setTimeout(PATIENCE, () => socket.destroy());
    const read = (chunk: Buffer): void => {
      text = Buffer.concat([text, chunk]);
      const end = text.indexOf('\n');
      if (end < 0) {
        if (text.length > LONGEST) socket.destroy();
        return;
      }
      socket.off('data', read);
      socket.setTimeout(0);
      void answer(gateway, text.toString('utf8', 0, end), socket, text.subarray(end + 1));
    };
    socket.on('data', read);
  });
  server.listen(path, ready);
  return server;
}

async function answer(gateway: Gateway, line: string, socket: Socket, rest: Buffer): Promise<void> {
  const reply = (value: unknown): void => void socket.end(`${JSON.stringify(value)}\n`);
  let asked: unknown;
  try {
    asked = JSON.parse(line);
  } catch {
    asked = null;
  }
  if (!isObject(asked)) {
    reply({ ok: false, error: 'not understood' });
    return;
  }
  const { do: what, network, host, port, from, networks, secrets } = asked;
  if (what === 'state') reply({ ok: true, state: gateway.state });
  else if (what === 'refusals') reply({ ok: true, refusals: gateway.refusals });
  else if (what === 'policy' && isNetwork(network)) {
    await gateway.setNetwork(network);
    reply({ ok: true, state: gateway.state });
  } else if (what === 'secrets' && isSecrets(secrets)) {
    gateway.setSecrets(secrets);
    reply({ ok: true, state: gateway.state });
  } else if (what === 'test' && typeof host === 'string' && typeof port === 'number')
    reply({ ok: true, verdict: await gateway.test(host, port) });
  else if (what === 'connect' && typeof from === 'string' && typeof port === 'number') {
    if (!gateway.shares(isNames(networks) ? networks : networksOf({}))) reply({ ok: false, error: 'apart' });
    else callGuest(gateway, from, port, socket, rest);
  } else reply({ ok: false, error: 'not understood' });
}

function callGuest(gateway: Gateway, from: string, port: number, socket: Socket, rest: Buffer): void {
  const connection = port > 0 && port < 65_536 ? gateway.call(from, port) : null;
  if (!connection) {
    socket.end(`${JSON.stringify({ ok: false, error: 'no room' })}\n`);
    return;
  }
  socket.pause();
  socket.once('close', () => connection.reset());
  connection.listen({
    ...{ data: () => undefined, ended: () => undefined, drained: () => undefined, waiting: () => 0 },
    closed: () => {
      gateway.forget(connection);
      socket.end(`${JSON.stringify({ ok: false, error: 'refused' })}\n`);
    },
    opened: () => {
      socket.write(`${JSON.stringify({ ok: true })}\n`);
      if (rest.length > 0) socket.unshift(rest);
      joinStreams(connection, socket, null, {
        ...{ filter: (data) => data, sent: () => undefined, received: () => undefined },
        closed: () => gateway.forget(connection),
      });
    },
  });
  connection.call();
}
