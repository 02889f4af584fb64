import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { knock } from '../../../src/guest/readiness-ssh.ts';
import { waitForAgent, waitForSshBanner } from '../../../src/guest/readiness.ts';
import { Qmp } from '../../../src/qemu/qmp.ts';
import { FakeAgent } from '../../fakes/guest-agent.ts';
import type { FakeAgentOptions } from '../../fakes/guest-agent.ts';
import { FakeQmp } from '../../fakes/qmp-server.ts';

let dir: string;
let agentSocket: string;
let monitor: FakeQmp;
let qmp: Qmp;
let open: boolean;
/** Resolves when the port's state has been asked for: whoever waits has begun. */
let asked: Promise<void>;
const cleanups: (() => unknown)[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ai-vm-ready-'));
  agentSocket = join(dir, 'agent.sock');
  open = false;
  let tell = (): void => {};
  asked = new Promise((resolve) => (tell = resolve));
  monitor = await FakeQmp.listen(join(dir, 'qmp.sock'), {
    handlers: {
      'query-chardev': () => {
        tell();
        return [null, { label: 'other', 'frontend-open': true }, { label: 'agent', 'frontend-open': open }];
      },
    },
  });
  qmp = await Qmp.connect(join(dir, 'qmp.sock'));
});

afterEach(async () => {
  qmp.close();
  await monitor.close();
  for (const cleanup of cleanups.splice(0)) await cleanup();
  await rm(dir, { recursive: true, force: true });
});

async function agent(options: FakeAgentOptions = {}): Promise<void> {
  const fake = await FakeAgent.listen(agentSocket, options);
  cleanups.push(() => fake.close());
}

const wait = (options: Parameters<typeof waitForAgent>[3] = {}): Promise<void> =>
  waitForAgent(qmp, 'agent0', agentSocket, options);

describe('waiting for the agent', () => {
  it('ends when the guest opens the port and answers', async () => {
    await agent();
    const ready = wait();
    await asked;
    monitor.emit('VSERPORT_CHANGE', { id: 'other', open: true });
    monitor.emit('VSERPORT_CHANGE', { id: 'agent0', open: false });
    monitor.emit('VSERPORT_CHANGE', { id: 'agent0', open: true });
    await ready;
  });

  it('ends at once when the port was open before', async () => {
    await agent();
    open = true;
    await wait();
  });

  it('goes on when the agent hangs up once', async () => {
    let calls = 0;
    await agent({
      answer: (command, socket) => {
        if (command.execute !== 'guest-ping' || (calls += 1) > 1) return undefined;
        socket.destroy();
        return null;
      },
    });
    open = true;
    await wait();
    expect(calls).toBe(2);
  });

  it('fails at once when QEMU goes away', async () => {
    const ready = wait();
    await asked;
    monitor.cut();
    await expect(ready).rejects.toMatchObject({ code: 'qemu.died', why: 'QEMU has gone away.' });
    await expect(wait()).rejects.toMatchObject({ code: 'qemu.died' });
  });

  it.each([
    ['SHUTDOWN', { guest: true, reason: 'guest-shutdown' }, 'The guest has shut itself down.'],
    ['SHUTDOWN', { guest: false, reason: 'host-qmp-quit' }, 'QEMU was told to quit.'],
    ['GUEST_PANICKED', { action: 'pause' }, 'The kernel of the guest has panicked.'],
  ])('fails at once on %s %j', async (event, data, why) => {
    const ready = wait();
    await asked;
    monitor.emit(event, data);
    await expect(ready).rejects.toMatchObject({ code: 'qemu.died', why });
  });

  it('fails when the time is over, also while the agent is silent', async () => {
    await expect(wait({ timeout: 20 })).rejects.toMatchObject({ code: 'guest.never-ready' });
    await agent({ answer: () => null });
    open = true;
    await expect(wait({ timeout: 50 })).rejects.toMatchObject({ code: 'guest.never-ready' });
  });

  it('stops with the reason of its signal', async () => {
    const controller = new AbortController();
    const ready = wait({ signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(ready).rejects.toThrow('enough');
    await expect(wait({ signal: controller.signal })).rejects.toThrow('enough');
  });
});

/** A TCP server on a port of its own; `behave` gets every connection with its number from 1. */
async function tcp(behave: (socket: Socket, number: number) => void): Promise<{ port: number; server: Server }> {
  let number = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    behave(socket, (number += 1));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(async () => {
    for (const socket of sockets) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  });
  return { port: (server.address() as AddressInfo).port, server };
}

const GREETING = 'SSH-2.0-OpenSSH_10.0p2 Debian-7\r\n';

describe('waiting for SSH', () => {
  it('ends at the greeting, also when it comes in pieces', async () => {
    const { port } = await tcp((socket) => {
      socket.write(GREETING.slice(0, 3));
      setImmediate(() => socket.write(GREETING.slice(3)));
    });
    await waitForSshBanner(port);
  });

  it('tries again while connections are closed', async () => {
    const { port } = await tcp((socket, number) => (number < 4 ? socket.destroy() : socket.write(GREETING)));
    await waitForSshBanner(port);
  });

  it('has one timer at a time, however often it is turned away', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    // The runner may start one or two of its own in the meantime.
    const before = timers() + 2;
    let most = 0;
    const { port } = await tcp((socket, number) => {
      most = Math.max(most, timers() - before);
      if (number < 12) socket.destroy();
      else socket.write(GREETING);
    });
    await knock('127.0.0.1', port, new AbortController().signal, 60_000);
    expect(most).toBeLessThanOrEqual(1);
    expect(timers() - before).toBeLessThanOrEqual(0);
  });

  it('does not stay with a connection that is silent for ever', async () => {
    const { port } = await tcp((socket, number) => number > 4 && socket.write(GREETING));
    await knock('127.0.0.1', port, new AbortController().signal, 20);
  });

  it('takes the greeting of an earlier connection that was silent for a time', async () => {
    let first: Socket | undefined;
    const { port } = await tcp((socket, number) => {
      if (number === 1) first = socket;
      else first?.write(GREETING);
    });
    await knock('127.0.0.1', port, new AbortController().signal, 20);
  });

  it('takes nothing else for a greeting, however long', async () => {
    const texts = ['HTTP/1.1 400 Bad Request\r\n', 'SSH-'.padEnd(5000, 'x'), '\r\n', GREETING];
    const { port } = await tcp((socket, number) => socket.write(texts[number - 1] ?? ''));
    await waitForSshBanner(port);
  });

  it('leaves no connection behind', async () => {
    const closed: Promise<unknown>[] = [];
    const { port } = await tcp((socket, number) => {
      closed.push(new Promise((resolve) => socket.on('close', resolve)));
      if (number === 5) socket.write(GREETING);
    });
    await knock('127.0.0.1', port, new AbortController().signal, 20);
    await Promise.all(closed);
  });

  it('fails when nothing listens any more', async () => {
    const { port, server } = await tcp(() => {});
    await new Promise((resolve) => server.close(resolve));
    await expect(waitForSshBanner(port)).rejects.toMatchObject({
      code: 'qemu.died',
      why: expect.stringContaining(`127.0.0.1:${port}`),
    });
  });

  it('fails at once when its monitor says that the machine has ended', async () => {
    const { port } = await tcp(() => monitor.cut());
    await expect(waitForSshBanner(port, { monitor: qmp })).rejects.toMatchObject({ code: 'qemu.died' });
  });

  it('fails when the time is over, and stops with the reason of its signal', async () => {
    const { port } = await tcp(() => {});
    await expect(waitForSshBanner(port, { timeout: 20 })).rejects.toMatchObject({ code: 'guest.never-ready' });
    const controller = new AbortController();
    const ready = waitForSshBanner(port, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(ready).rejects.toThrow('enough');
  });
});
