/**
 * The process of a gateway: `node gateway.cjs RUN`, with its settings as JSON in the environment variable AI_VM_GATEWAY. RUN is the
 * machine's runtime directory, where QEMU listens for both cards. It ends with either of them, and then nothing goes in or out.
 */
import { lookup } from 'node:dns/promises';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openBoundedLog } from '../host/bounded-log.ts';
import { GATEWAY_FILES, type GatewaySettings } from '../model/gateway.ts';
import { parseIpv4 } from '../model/network.ts';
import { serveControl } from './control.ts';
import { Gateway } from './gateway.ts';
import { Journal } from './journal.ts';
import { Link } from './link.ts';
import { Peers } from './peers.ts';

const run = process.argv.at(-1) ?? '';
const { self, network, peers: known } = JSON.parse(process.env['AI_VM_GATEWAY'] ?? '') as GatewaySettings;
const file = (name: string): string => join(run, name);

function end(why: string): never {
  process.stderr.write(`gateway: ends: ${why}\n`);
  rmSync(file(GATEWAY_FILES.control), { force: true });
  process.exit(1);
}

/** Cards come and go; looked at again after so long (milliseconds). */
const FRESH = 5000;
let cards = { at: Number.NEGATIVE_INFINITY, addresses: new Set<number>() };

function isOwn(address: number): boolean {
  if (performance.now() - cards.at > FRESH) {
    const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    cards = { at: performance.now(), addresses: new Set(all.map((each) => parseIpv4(each.address) ?? -1)) };
  }
  return cards.addresses.has(address);
}

async function resolve(name: string): Promise<number[]> {
  const found = await lookup(name, { family: 4, all: true });
  return found.flatMap(({ address }) => parseIpv4(address) ?? []);
}

/** A machine that the file does not name, such as a fork, is found by the name of its directory. */
const peers = new Peers((name) =>
  name === self ? null : (known[name] ?? join(dirname(run), name, GATEWAY_FILES.control)),
);

const log = openBoundedLog(file(GATEWAY_FILES.log));
const journal = new Journal(
  (line) => log.write(line),
  () => new Date(),
);
setInterval(() => journal.turn(), 10_000).unref();

/** QEMU starts beside us; who starts both gives up before that (milliseconds). */
const PATIENCE = 120_000;
const AGAIN = 5;

/** In a file from the first moment on: whoever ends us needs it, and where another's is in its place, we are not wanted any more. */
const PID = `${process.pid}\n`;

const isWanted = (): boolean => {
  try {
    return readFileSync(file(GATEWAY_FILES.pid), 'utf8') === PID;
  } catch {
    return false;
  }
};

async function open(name: string): Promise<Socket> {
  for (;;) {
    try {
      const socket = await connected(file(name));
      socket.on('close', () => end('QEMU has gone'));
      return socket;
    } catch (error) {
      if (!isWanted()) process.exit(1);
      if (performance.now() > PATIENCE) end((error as Error).message);
      await sleep(AGAIN);
    }
  }
}

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket)).once('error', reject);
  });
}

writeFileSync(file(GATEWAY_FILES.pid), PID, { mode: 0o600 });
const [guest, forwarder] = await Promise.all([open(GATEWAY_FILES.guest), open(GATEWAY_FILES.forward)]);
const links: { guest?: Link; forwarder?: Link } = {};
const gateway = new Gateway({
  ...{ self, network, peers, journal, host: { resolve, isOwn }, now: () => performance.now() },
  toGuest: (frame) => links.guest?.send(frame),
  toForwarder: (frame) => links.forwarder?.send(frame),
});
const flush = (): void => gateway.flush();
links.guest = new Link(guest, (frame) => gateway.fromGuest(frame), flush);
links.forwarder = new Link(forwarder, (frame) => gateway.fromForwarder(frame), flush);
process.on('SIGTERM', () => end('it was told to'));
rmSync(file(GATEWAY_FILES.control), { force: true });
process.umask(0o077);
serveControl(gateway, file(GATEWAY_FILES.control), () => gateway.begin()).on('error', (error) => end(error.message));
