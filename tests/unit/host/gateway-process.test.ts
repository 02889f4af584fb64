import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { endGateway } from '../../../src/host/gateway-process.ts';
import { identify, isAlive } from '../../../src/host/processes.ts';
import type { ProcessId } from '../../../src/model/machine.ts';

let run: string;
let child: ChildProcess | undefined;

beforeEach(async () => {
  run = await mkdtemp(join(tmpdir(), 'ai-vm-gateway-'));
});
afterEach(async () => {
  child?.kill('SIGKILL');
  await rm(run, { recursive: true });
});

/** A process that ends when `command` does, started with `last` as its last argument, and written down as the gateway. */
async function start(command: string, last: string): Promise<ProcessId> {
  child = spawn('/bin/sh', ['-c', `echo up; ${command}; : done`, last], { stdio: ['pipe', 'pipe', 'ignore'] });
  await once(child.stdout!, 'data');
  await writeFile(join(run, 'gateway.pid'), `${child.pid}\n`);
  return (await identify(child.pid ?? 0))!;
}

describe('a gateway whose machine has ended', () => {
  it('is waited for, as it ends by itself', async () => {
    const gateway = await start('read -r end', run);
    const waiting = endGateway(run);
    const first = await Promise.race([waiting.then(() => 'done'), setTimeout(200, 'it waits')]);
    expect(first).toBe('it waits');
    child!.stdin!.end();
    await waiting;
    expect(await isAlive(gateway)).toBe(false);
    expect(child!.signalCode).toBeNull();
  });

  it('is killed when it does not', async () => {
    const gateway = await start('read -r end', run);
    await endGateway(run);
    expect(await isAlive(gateway)).toBe(false);
  });

  it('is no process that was not started for this very directory', async () => {
    const other = await start('read -r end', `${run}-2`);
    await endGateway(run);
    expect(await isAlive(other)).toBe(true);
  });

  it('is none where the file is nonsense, or not there', async () => {
    await expect(endGateway(run)).resolves.toBeUndefined();
    await writeFile(join(run, 'gateway.pid'), await readFile('/proc/self/comm', 'utf8'));
    await expect(endGateway(run)).resolves.toBeUndefined();
  });
});
