import { mkdtemp, open, readFile, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runHolding } from '../../../src/host/inherit.ts';
import { flock } from '../../../src/host/lock.ts';

describe('runHolding', () => {
  let dir: string;
  let file: FileHandle;
  const path = (): string => join(dir, 'file');
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'ai-vm-inherit-'));
    file = await open(path(), 'w');
  });
  afterEach(async () => {
    await file.close();
    await rm(dir, { recursive: true });
  });
  const never = new AbortController().signal;
  const sh = (script: string, signal = never) => runHolding(file.fd, 'sh', ['-c', script], signal);

  it('hands the open file over as descriptor 3, and tells how the program ended', async () => {
    expect(await sh('echo mine >&3; echo words >&2; exit 7')).toEqual({ code: 7, stderr: 'words' });
    expect(await readFile(path(), 'utf8')).toBe('mine\n');
    expect((await sh('kill -9 $$')).code).toBeNull();
    await expect(runHolding(file.fd, '/nonexistent', [], never)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('keeps a lock held for as long as the program lives, though we have let go of it', async () => {
    expect(await flock(file.fd, 0)).toBe(true);
    const controller = new AbortController();
    const running = sh('trap "exit 0" TERM; while :; do sleep 0.05; done', controller.signal);
    await file.close();
    file = await open(path(), 'r+');
    expect(await flock(file.fd, 0)).toBe(false);
    controller.abort();
    expect((await running).code).toBe(0);
    expect(await flock(file.fd, 0)).toBe(true);
  });

  it('waits for what the program does once it is asked to end', async () => {
    const controller = new AbortController();
    const running = sh(
      'trap "echo cleared >&3; exit 5" TERM; echo ready >&3; while :; do sleep 0.05; done',
      controller.signal,
    );
    while ((await readFile(path(), 'utf8')) === '') await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    expect((await running).code).toBe(5);
    expect(await readFile(path(), 'utf8')).toBe('ready\ncleared\n');
  });
});
