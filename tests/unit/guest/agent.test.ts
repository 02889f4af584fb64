import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Agent } from '../../../src/guest/agent.ts';
import { FakeAgent } from '../../fakes/guest-agent.ts';
import type { FakeAgentOptions } from '../../fakes/guest-agent.ts';

let dir: string;
let path: string;
const fakes: FakeAgent[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ai-vm-agent-'));
  path = join(dir, 'agent.sock');
});

afterEach(async () => {
  await Promise.all(fakes.splice(0).map((fake) => fake.close()));
  await rm(dir, { recursive: true, force: true });
});

async function serve(options: FakeAgentOptions = {}): Promise<{ agent: Agent; fake: FakeAgent }> {
  const fake = await FakeAgent.listen(path, options);
  fakes.push(fake);
  return { agent: new Agent(path), fake };
}

/** A fake that answers one command in its own way. */
const answering = (execute: string, answer: NonNullable<FakeAgentOptions['answer']>): FakeAgentOptions => ({
  answer: (command, socket) => (command.execute === execute ? answer(command, socket) : undefined),
});

const returning = (execute: string, value: unknown): FakeAgentOptions => answering(execute, () => ({ return: value }));

describe('getting in step', () => {
  it.each<[string, string | Buffer]>([
    ['half a reply', '{"return": {"pid": 1'],
    ['whole replies', '{"return": {}}\n{"return": 7}\n'],
    ['the answer to an earlier question', Buffer.from('\xff{"return": 4711}\n', 'latin1')],
    ['half of such an answer', Buffer.from('\xff{"return": 47', 'latin1')],
    ['many marks', Buffer.alloc(10_000, 0xff)],
    ['a long text after a mark', Buffer.from(`\xff${'x'.repeat(50_000)}`, 'latin1')],
    ['megabytes of output', Buffer.alloc(20 * 1024 * 1024, 0x41)],
  ])('survives %s that was left in the channel', async (_what, leftover) => {
    const { agent } = await serve({ leftover });
    await agent.ping();
  });

  it('fails in time when nobody answers', async () => {
    const { agent } = await serve(answering('guest-sync-delimited', () => null));
    await expect(agent.ping({ timeout: 50 })).rejects.toMatchObject({
      code: 'guest.agent',
      message: expect.stringContaining('did not answer within 50 ms'),
    });
  });

  it('fails at once when nobody listens', async () => {
    await expect(new Agent(path).ping()).rejects.toMatchObject({
      code: 'guest.agent',
      message: expect.stringContaining('cannot connect'),
    });
  });

  it('fails when the machine goes away', async () => {
    const { agent } = await serve(
      answering('guest-sync-delimited', (_command, socket) => {
        socket.end();
        return null;
      }),
    );
    await expect(agent.ping()).rejects.toMatchObject({ code: 'guest.agent', why: 'QEMU has closed it.' });
  });

  it('fails in bounds when the guest never stops sending', async () => {
    const { agent } = await serve(
      answering('guest-sync-delimited', (_command, socket) => {
        const block = Buffer.alloc(1024 * 1024, 0x42);
        const flood = (): void => {
          while (!socket.destroyed && socket.write(block));
        };
        socket.on('drain', flood);
        flood();
        return null;
      }),
    );
    await expect(agent.ping({ timeout: 60_000 })).rejects.toMatchObject({ why: 'it sends without end' });
  });
});

describe('one use at a time', () => {
  it('makes others wait, in turn, and fails those that wait too long', async () => {
    const { agent } = await serve();
    const order: string[] = [];
    let release = (): void => {};
    const first = agent.use(async () => {
      await new Promise<void>((resolve) => (release = resolve));
      order.push('first');
    });
    const impatient = agent.ping({ timeout: 20 });
    const third = agent.ping().then(() => order.push('third'));
    await expect(impatient).rejects.toMatchObject({ code: 'guest.agent' });
    expect(order).toEqual([]);
    release();
    await Promise.all([first, third]);
    expect(order).toEqual(['first', 'third']);
  });

  it('lets another process go first that holds the channel', async () => {
    const { agent } = await serve();
    let release = (): void => {};
    const other = new Agent(path).use(() => new Promise<void>((resolve) => (release = resolve)));
    await expect(agent.ping({ timeout: 50 })).rejects.toMatchObject({ code: 'guest.agent' });
    const ping = agent.ping();
    release();
    await Promise.all([other, ping]);
  });

  it('stops with the reason of its signal', async () => {
    const { agent } = await serve(answering('guest-ping', () => null));
    const controller = new AbortController();
    const ping = agent.ping({ signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(ping).rejects.toThrow('enough');
    await expect(agent.ping({ signal: controller.signal })).rejects.toThrow('enough');
  });
});

describe('a hostile guest', () => {
  it.each<[string, FakeAgentOptions]>([
    ['another number', answering('guest-ping', () => '{"return": {}, "id": 99}\n')],
    ['no number', answering('guest-ping', () => '{"return": {}}\n')],
    ['no JSON', answering('guest-ping', () => '{"return": NaN}\n')],
    ['a list', answering('guest-ping', () => '[{}]\n')],
    ['neither result nor error', answering('guest-ping', () => ({ error: 'no' }))],
    ['a line without end', answering('guest-ping', () => Buffer.alloc(2 * 1024 * 1024, 0x7b))],
  ])('is refused when it answers a ping with %s', async (_what, options) => {
    const { agent } = await serve(options);
    await expect(agent.ping()).rejects.toMatchObject({ code: 'guest.agent' });
  });

  it('cannot speak to the terminal through its errors', async () => {
    const desc = `\u001b[31mred\u001b]0;title\u0007\r\nnext\u202e${'x'.repeat(10_000)}`;
    const { agent } = await serve(answering('guest-ping', () => ({ error: { class: 'GenericError', desc } })));
    const error = await agent.ping().then(
      () => null,
      (e: unknown) => e as { why: string },
    );
    expect(error?.why).toMatch(/^red nextx+$/);
    expect(error?.why.length).toBeLessThanOrEqual(400);
  });

  it.each([-1, 0, 1, 1.5, 2 ** 40, '7', null, [9]])('gets no command killed by the process number %j', async (pid) => {
    const { agent, fake } = await serve(returning('guest-exec', { pid }));
    await expect(agent.exec(['true'])).rejects.toMatchObject({ code: 'guest.agent' });
    expect(fake.received.filter(({ execute }) => execute === 'guest-exec')).toHaveLength(1);
  });

  it.each([
    null,
    {},
    { exited: 'yes' },
    { exited: true, exitcode: -1 },
    { exited: true, exitcode: 1e999 },
    { exited: true, exitcode: 0, 'out-data': 7 },
    { exited: true, signal: 'KILL' },
  ])('is refused when it reports %j of a command', async (status) => {
    const { agent } = await serve(returning('guest-exec-status', status));
    await expect(agent.exec(['true'])).rejects.toMatchObject({ code: 'guest.agent' });
  });

  it('gets no more output taken than it was allowed', async () => {
    const output = Buffer.alloc(30 * 1024 * 1024).toString('base64');
    const { agent } = await serve(returning('guest-exec-status', { exited: true, exitcode: 0, 'out-data': output }));
    const { stdout, truncated } = await agent.exec(['true']);
    expect([stdout.length, truncated]).toEqual([1024 * 1024, true]);
  });

  it('is refused when its output is endless', async () => {
    const { agent } = await serve(answering('guest-exec-status', () => Buffer.alloc(49 * 1024 * 1024, 0x41)));
    await expect(agent.exec(['true'])).rejects.toMatchObject({ why: expect.stringContaining('longer than') });
  });

  it('cannot keep a reader busy with files that neither grow nor end', async () => {
    const { agent } = await serve(returning('guest-file-read', { count: 0, 'buf-b64': '', eof: false }));
    await expect(agent.readFile('/proc/version')).rejects.toMatchObject({ code: 'guest.agent' });
  });

  it.each([0, -1, 1000, '4', null])('cannot make a writer lose its place by the count %j', async (count) => {
    const { agent } = await serve(returning('guest-file-write', { count, eof: false }));
    await expect(agent.writeFile(join(dir, 'x'), 'four')).rejects.toMatchObject({ code: 'guest.agent' });
  });

  it.each<[string, unknown, (agent: Agent) => Promise<unknown>]>([
    ['guest-get-vcpus', [{ 'logical-id': -1, online: true }], (agent) => agent.vcpus()],
    ['guest-get-vcpus', { length: 3 }, (agent) => agent.vcpus()],
    ['guest-set-vcpus', 0, (agent) => agent.setVcpus([{ id: 1, online: false }])],
    ['guest-network-get-interfaces', [7], (agent) => agent.networkInterfaces()],
    ['guest-network-get-interfaces', [{ 'ip-addresses': [{ 'ip-address-type': 'x' }] }], (a) => a.networkInterfaces()],
    ['guest-get-osinfo', null, (agent) => agent.osInfo()],
    ['guest-get-time', 'noon', (agent) => agent.time()],
    ['guest-get-time', -5, (agent) => agent.time()],
  ])('is refused when %s gives %j', async (command, value, ask) => {
    const { agent } = await serve(returning(command, value));
    await expect(ask(agent)).rejects.toMatchObject({ code: 'guest.agent' });
  });

  it('has its processors sorted', async () => {
    const reply = [3, 0, 2].map((id) => ({ 'logical-id': id, online: true, 'can-offline': false }));
    const { agent } = await serve(returning('guest-get-vcpus', reply));
    expect((await agent.vcpus()).map(({ id }) => id)).toEqual([0, 2, 3]);
  });

  it('has its names made harmless', async () => {
    const { agent } = await serve(returning('guest-get-osinfo', { id: 7, 'pretty-name': 'Evil\u001b[2J\nLinux' }));
    expect(await agent.osInfo()).toMatchObject({ id: '', prettyName: 'Evil Linux' });
  });
});

describe('a shutdown', () => {
  it('is done when the agent has passed it on, or has gone', async () => {
    const { agent, fake } = await serve();
    await agent.shutdown('powerdown');
    expect(fake.received.find(({ execute }) => execute === 'guest-shutdown')?.arguments).toEqual({ mode: 'powerdown' });
  });

  it('is done when the machine is down before it can answer', async () => {
    const { agent } = await serve(
      answering('guest-shutdown', (_command, socket) => {
        socket.destroy();
        return null;
      }),
    );
    await agent.shutdown('powerdown');
  });

  it('fails with the words of the agent', async () => {
    const desc = 'child process has failed';
    const { agent } = await serve(answering('guest-shutdown', () => ({ error: { class: 'GenericError', desc } })));
    await expect(agent.shutdown('reboot')).rejects.toMatchObject({ code: 'guest.agent', why: desc });
  });
});
