import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { withLock, type Holder } from '../../../src/host/lock.ts';

let dir = '';
let path = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ai-vm-lock-'));
  path = join(dir, 'lock');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const options = { wait: false, command: 'ai-vm up' } as const;
/** What the start script does. */
const elsewhere = async (): Promise<number | undefined> =>
  (await execa('flock', ['-n', path, 'true'], { reject: false })).exitCode;

describe('withLock', () => {
  it('keeps others out while the work lasts, and lets them in after', async () => {
    expect(await withLock(path, options, elsewhere)).toBe(1);
    expect(await elsewhere()).toBe(0);
    expect(readFileSync(path, 'utf8')).toBe(`${process.pid} ai-vm up\n`);
  });

  it('names the holder', async () => {
    const second = withLock(path, options, () =>
      withLock(path, { ...options, command: 'ai-vm down' }, () => Promise.resolve()),
    );
    await expect(second).rejects.toMatchObject({
      code: 'locked',
      exitCode: 75,
      why: `Process ${process.pid} holds the lock: ai-vm up.`,
    });
  });

  it('gives the lock back when the work fails', async () => {
    await expect(withLock(path, options, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await elsewhere()).toBe(0);
  });

  it('waits its turn, and says for whom', async () => {
    const seen: (Holder | null)[] = [];
    const order: string[] = [];
    let second: Promise<unknown> = Promise.resolve();
    await withLock(path, options, async () => {
      await new Promise<void>((waiting) => {
        const onWait = (holder: Holder | null): void => {
          seen.push(holder);
          waiting();
        };
        second = withLock(path, { ...options, wait: true, onWait }, () => Promise.resolve(order.push('second')));
      });
      order.push('first');
    });
    await second;
    expect(order).toEqual(['first', 'second']);
    expect(seen).toEqual([{ pid: process.pid, command: 'ai-vm up' }]);
  });

  it('gives up after the time given, or when told to', async () => {
    await withLock(path, options, async () => {
      await expect(withLock(path, { ...options, wait: 30 }, () => Promise.resolve())).rejects.toMatchObject({
        code: 'locked',
      });
      const stop = new AbortController();
      const waiting = withLock(path, { ...options, wait: true, signal: stop.signal, onWait: () => stop.abort() }, () =>
        Promise.resolve(),
      );
      await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    });
  });

  it('is not inherited by what is started meanwhile', async () => {
    const child = await withLock(path, options, () => Promise.resolve(spawn('sleep', ['1000'], { stdio: 'ignore' })));
    try {
      expect(await elsewhere()).toBe(0);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  });

  it('does not trust what the file says', async () => {
    writeFileSync(path, `1 \u001b[31mred\u001b]0;title\u0007${'x'.repeat(10_000)}`);
    const holder = spawn('flock', ['-F', path, 'sh', '-c', 'echo held; exec sleep 1000'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await once(holder.stdout, 'data');
    try {
      const error: unknown = await withLock(path, options, () => Promise.resolve()).catch((e: unknown) => e);
      expect(error).toMatchObject({
        code: 'locked',
        why: expect.stringMatching(/^Process 1 holds the lock: redx{80,120}\.$/),
      });
    } finally {
      holder.kill('SIGKILL');
      await once(holder, 'exit');
    }
  });

  it('follows no symlink', async () => {
    symlinkSync(join(dir, 'victim'), path);
    await expect(withLock(path, options, () => Promise.resolve())).rejects.toMatchObject({ code: 'host.path' });
  });
});
