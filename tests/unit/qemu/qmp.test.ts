import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Qmp } from '../../../src/qemu/qmp.ts';
import { FakeQmp, GREETING, NEVER } from '../../fakes/qmp-server.ts';
import type { FakeQmpOptions } from '../../fakes/qmp-server.ts';

let dir: string;
let path: string;
let fake: FakeQmp | undefined;
const clients: Qmp[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ai-vm-qmp-'));
  path = join(dir, 'qmp.sock');
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await fake?.close();
  fake = undefined;
  await rm(dir, { recursive: true, force: true });
});

async function listen(options: FakeQmpOptions): Promise<FakeQmp> {
  fake = await FakeQmp.listen(path, options);
  return fake;
}

async function connect(options: FakeQmpOptions = {}): Promise<{ server: FakeQmp; qmp: Qmp }> {
  const server = await listen(options);
  const qmp = await Qmp.connect(path);
  clients.push(qmp);
  return { server, qmp };
}

describe('the handshake', () => {
  it('fails with qmp.closed when the peer hangs up at once', async () => {
    await listen({ greeting: '', cutAfterGreeting: true });
    await expect(Qmp.connect(path)).rejects.toMatchObject({ code: 'qmp.closed' });
  });

  it('fails with qmp.closed when the peer hangs up in the middle of its greeting', async () => {
    await listen({ greeting: GREETING.slice(0, 20), cutAfterGreeting: true });
    await expect(Qmp.connect(path)).rejects.toMatchObject({ code: 'qmp.closed' });
  });

  it('fails with qmp.closed when the peer hangs up between greeting and capabilities', async () => {
    await listen({
      handlers: {
        qmp_capabilities: (_args, server) => {
          server.cut();
          return NEVER;
        },
      },
    });
    await expect(Qmp.connect(path)).rejects.toMatchObject({ code: 'qmp.closed' });
  });

  it('fails with qmp.timeout when the capabilities are never answered', async () => {
    await listen({ handlers: { qmp_capabilities: () => NEVER } });
    await expect(Qmp.connect(path, { timeout: 50 })).rejects.toMatchObject({ code: 'qmp.timeout' });
  });

  it.each([
    ['is not JSON', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['is JSON but no object', '[1]\n'],
    ['is no greeting', '{"return":{}}\n'],
    ['has no version', '{"QMP":{"version":{"qemu":{"major":"7"}}}}\n'],
  ])('fails with qmp.failed when the first line %s', async (_what, greeting) => {
    await listen({ greeting });
    await expect(Qmp.connect(path)).rejects.toMatchObject({ code: 'qmp.failed' });
  });

  it('gives up when it is told to, with the reason', async () => {
    await listen({ greeting: '' });
    const controller = new AbortController();
    const connecting = Qmp.connect(path, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(connecting).rejects.toThrow('enough');
  });
});

describe('commands', () => {
  it('gives every caller its own answer, in whatever order and pieces they come', async () => {
    const late: (() => void)[] = [];
    const { qmp } = await connect({
      chunk: (bytes) => Array.from(bytes, (byte) => Buffer.of(byte)),
      handlers: {
        slow: (_args, server) => {
          const { id } = server.received.at(-1)!;
          late.push(() => server.send(`${JSON.stringify({ return: 'slow', id })}\n`));
          return NEVER;
        },
        fast: () => {
          for (const send of late.splice(0)) setImmediate(send);
          return 'fäst';
        },
      },
    });
    expect(await Promise.all([qmp.execute('slow'), qmp.execute('fast')])).toEqual(['slow', 'fäst']);
  });

  it('ignores the late reply of a command that was given up', async () => {
    let id: unknown;
    const { qmp, server } = await connect({
      handlers: {
        hang: (_args, s) => {
          id = s.received.at(-1)!.id;
          return NEVER;
        },
        ping: () => 'pong',
      },
    });
    await expect(qmp.execute('hang', {}, { timeout: 20 })).rejects.toMatchObject({
      code: 'qmp.timeout',
      message: expect.stringContaining('hang'),
    });
    server.send(`${JSON.stringify({ return: 'too late', id })}\n`);
    expect(await qmp.execute('ping')).toBe('pong');
  });

  it('rejects with the reason of its signal, before and while it waits', async () => {
    const { qmp, server } = await connect({ handlers: { hang: () => NEVER } });
    const before = AbortSignal.abort(new Error('before'));
    await expect(qmp.execute('never-sent', {}, { signal: before })).rejects.toThrow('before');
    const controller = new AbortController();
    const hanging = qmp.execute('hang', {}, { signal: controller.signal });
    controller.abort(new Error('meanwhile'));
    await expect(hanging).rejects.toThrow('meanwhile');
    expect(server.received.map(({ execute }) => execute)).not.toContain('never-sent');
  });

  it('rejects all that is pending when the peer hangs up in the middle of a reply', async () => {
    const { qmp } = await connect({
      handlers: {
        hang: () => NEVER,
        cut: (_args, server) => {
          server.send('{"return": {"half');
          server.cut();
          return NEVER;
        },
      },
    });
    const outcomes = await Promise.allSettled([qmp.execute('hang'), qmp.execute('cut'), qmp.waitEvent(() => false)]);
    expect(outcomes).toMatchObject(Array.from({ length: 3 }, () => ({ reason: { code: 'qmp.closed' } })));
    await expect(qmp.execute('more')).rejects.toMatchObject({ code: 'qmp.closed' });
  });

  it.each([
    ['garbage', 'lorem ipsum\n'],
    ['a reply to no command', '{"return":{},"id":4711}\n'],
    ['an error without id', '{"error":{"class":"GenericError","desc":"JSON parse error"}}\n'],
    ['a line without end', Buffer.alloc(17 * 1024 * 1024, 0x20)],
  ])('rejects with qmp.failed when it gets %s', async (_what, bytes) => {
    const { qmp, server } = await connect({ handlers: { hang: () => NEVER } });
    const hanging = qmp.execute('hang');
    server.send(bytes);
    await expect(hanging).rejects.toMatchObject({ code: 'qmp.failed', message: expect.stringContaining('speak QMP') });
    expect(qmp.end?.code).toBe('qmp.failed');
  });

  it('rejects what is pending when this side closes, and closes twice without harm', async () => {
    const { qmp } = await connect({ handlers: { hang: () => NEVER } });
    const hanging = qmp.execute('hang');
    qmp.close();
    qmp.close();
    await expect(hanging).rejects.toMatchObject({ code: 'qmp.closed' });
  });

  it('says so when the human monitor answers with something else than text', async () => {
    const { qmp } = await connect({ handlers: { 'human-monitor-command': () => 7 } });
    await expect(qmp.hmp('info status')).rejects.toMatchObject({ code: 'qmp.failed' });
  });
});

describe('events', () => {
  it('come through between the replies, in a flood and with odd data', async () => {
    const { qmp, server } = await connect({
      handlers: {
        flood: (_args, s) => {
          for (let n = 0; n < 20_000; n += 1) s.emit('FLOOD', { n });
          return 'done';
        },
      },
    });
    const last = qmp.waitEvent(({ data }) => data['n'] === 19_999);
    expect(await qmp.execute('flood')).toBe('done');
    expect((await last).event).toBe('FLOOD');
    server.send('{"event":"BARE","data":null}\n');
    expect((await qmp.waitEvent(({ event }) => event === 'BARE')).data).toEqual({});
  });
});
