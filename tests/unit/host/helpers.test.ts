import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { endHelpers, endHelpersAt, placesServed } from '../../../src/host/helpers.ts';
import { identify, isAlive } from '../../../src/host/processes.ts';
import type { ProcessId } from '../../../src/model/machine.ts';

let dir: string;
let file: string;
let children: ChildProcess[];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ai-vm-helpers-'));
  file = join(dir, 'helpers');
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(dir, { recursive: true });
});

/** A process that calls itself so. */
async function start(name: string, socket: string): Promise<ProcessId> {
  const words = ['-c', 'echo up; read -r end', 'sh', `--socket-path=/run/sock/${socket}`];
  const child = spawn('/bin/sh', words, { argv0: name, stdio: ['pipe', 'pipe', 'ignore'] });
  children.push(child);
  await once(child.stdout, 'data');
  return (await identify(child.pid ?? 0))!;
}

const write = (...processes: readonly ProcessId[]): Promise<void> =>
  writeFile(file, processes.map(({ pid, startTime }) => `${pid} ${startTime}\n`).join(''));

describe('servers of shares', () => {
  it('are found by the places that they serve, and ended one place at a time', async () => {
    const [first, second, twin] = [
      await start('/usr/lib/qemu/virtiofsd', 'fs0.sock'),
      await start('virtiofsd', 'fs12.sock'),
      await start('virtiofsd', 'fs0.sock'),
    ];
    await write(first, second, twin);
    expect(await placesServed(file)).toEqual([0, 12, 0]);
    await endHelpersAt(file, 'fs0.sock');
    // They are gone when it returns.
    expect(await Promise.all([first, second, twin].map(isAlive))).toEqual([false, true, false]);
    expect(await placesServed(file)).toEqual([12]);
    await endHelpers(file);
    expect(await placesServed(file)).toEqual([]);
  });

  it('are never processes that only have their number, or another name', async () => {
    const [other, reused] = [await start('sleep', 'fs0.sock'), await start('virtiofsd', 'fs1.sock')];
    await write(other, { ...reused, startTime: '1' });
    expect(await placesServed(file)).toEqual([]);
    await endHelpersAt(file, 'fs1.sock');
    await endHelpers(file);
    expect(await Promise.all([other, reused].map(isAlive))).toEqual([true, true]);
  });

  it('are known however many there have been', async () => {
    const server = await start('virtiofsd', 'fs1.sock');
    const line = '999999999 1234567890\n';
    await writeFile(file, `${line.repeat(5_000)}${server.pid} ${server.startTime}\n`);
    expect(await placesServed(file)).toEqual([1]);
  });

  it('are none where the file is nonsense, a link, or not there', async () => {
    expect(await placesServed(file)).toEqual([]);
    await writeFile(file, 'nonsense\n1\n-1 5\n');
    expect(await placesServed(file)).toEqual([]);
    await symlink(file, join(dir, 'link'));
    const server = await start('virtiofsd', 'fs1.sock');
    await write(server);
    expect(await placesServed(join(dir, 'link'))).toEqual([]);
  });
});
