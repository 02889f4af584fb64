/** A gateway's process with a trial guest at its card, in a directory of its own: what doctor and the tests try it with. */
import { spawn, type ChildProcess } from 'node:child_process';
import { openSync, closeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askGateway } from '../host/gateway.ts';
import { GATEWAY_FILES, type GatewaySettings } from '../model/gateway.ts';
import { Link } from './link.ts';
import { TrialGuest } from './trial-guest.ts';

export interface Trial {
  readonly run: string;
  readonly guest: TrialGuest;
  readonly process: ChildProcess;
  /** Resolves when the process has ended. */
  readonly ended: Promise<void>;
  /** As when QEMU ends. */
  readonly hangUp: () => void;
  readonly close: () => Promise<void>;
}

/** What a process may take to start on a busy host (milliseconds). */
const PATIENCE = 60_000;
const LOOK = 20;

function listen(path: string): Promise<{ server: Server; connected: Promise<Socket> }> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    const connected = new Promise<Socket>((got) => server.once('connection', got));
    server.once('error', reject);
    server.listen(path, () => resolve({ server, connected }));
  });
}

/**
 * @param code the gateway's bundle
 * @throws Error when it does not start
 */
export async function startTrial(code: string, settings: GatewaySettings, dir = tmpdir()): Promise<Trial> {
  const run = await mkdtemp(join(dir, 'ai-vm-gw-'));
  const at = (name: string): string => join(run, name);
  const ends = await Promise.all([listen(at(GATEWAY_FILES.guest)), listen(at(GATEWAY_FILES.forward))]);
  const input = openSync(code, 'r');
  const child = spawn(process.execPath, ['--input-type=module', '-', run], {
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', AI_VM_GATEWAY: JSON.stringify(settings) },
    stdio: [input, 'ignore', 'ignore'],
  });
  closeSync(input);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const sockets: Socket[] = [];
  const hangUp = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const close = async (): Promise<void> => {
    hangUp();
    child.kill('SIGKILL');
    for (const { server } of ends) server.close();
    await ended;
    await rm(run, { recursive: true, force: true });
  };
  try {
    const failed = ended.then(() => Promise.reject(new Error('the gateway did not start')));
    failed.catch(() => undefined);
    sockets.push(...(await Promise.race([Promise.all(ends.map(({ connected }) => connected)), failed])));
    for (const socket of sockets) socket.on('error', () => undefined);
    const links: { card?: Link } = {};
    const guest = new TrialGuest((frame) => links.card?.send(frame));
    links.card = new Link(
      sockets[0]!,
      (frame) => guest.receive(frame),
      () => undefined,
    );
    const end = performance.now() + PATIENCE;
    while (!(await askGateway(run, { do: 'state' }))) {
      if (performance.now() > end || child.exitCode !== null) throw new Error('the gateway did not start');
      await new Promise((resolve) => setTimeout(resolve, LOOK));
    }
    return { run, guest, process: child, ended, hangUp, close };
  } catch (error) {
    await close();
    throw error;
  }
}
