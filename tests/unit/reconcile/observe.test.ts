import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { MachinePaths } from '../../../src/model/machine.ts';
import { observe } from '../../../src/reconcile/observe.ts';
import { machineHandlers } from '../../fakes/qmp-machine.ts';
import { FakeQmp } from '../../fakes/qmp-server.ts';
import { applied, identity, paths, vmConfig } from '../../fixtures/machines.ts';

let dir: string;
let machine: MachinePaths;
const children: ChildProcess[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ai-vm-observe-'));
  const inDir = (name: string): string => join(dir, name);
  machine = {
    ...paths(),
    ...{ disk: inDir('disk.qcow2'), identity: inDir('identity.json'), applied: inDir('applied.json') },
    ...{ pidFile: inDir('qemu.pid'), qmp: { control: inDir('c'), events: inDir('e'), read: [inDir('0'), inDir('1')] } },
  };
});

afterEach(async () => {
  for (const child of children.splice(0)) {
    child.stdin?.end();
    if (child.exitCode === null) await once(child, 'exit');
  }
  rmSync(dir, { recursive: true });
});

/** A process with these arguments, that the pid file names. */
async function runs(...argv: string[]): Promise<number> {
  const child = spawn('sh', ['-c', 'echo; read -r _', 'qemu', ...argv], { stdio: ['pipe', 'pipe', 'ignore'] });
  children.push(child);
  await once(child.stdout, 'data');
  writeFileSync(machine.pidFile, `${String(child.pid)}\n`);
  return child.pid ?? 0;
}

describe('a machine without an identity', () => {
  it('is known by the pid file that its QEMU wrote, and not taken for stopped', async () => {
    const pid = await runs('-uuid', identity().uuid, '-pidfile', machine.pidFile);
    expect(await observe('dev', machine)).toMatchObject({
      state: 'unknown',
      process: { pid },
      problem: 'its identity.json is missing, and its QEMU runs',
    });
  });

  it('is absent when the process has only got its number', async () => {
    await runs('-pidfile', '/somewhere/else');
    expect(await observe('dev', machine)).toMatchObject({ state: 'absent', process: null });
  });
});

describe('a machine with an identity', () => {
  it('is not what a process of another user claims to be', async () => {
    writeFileSync(machine.identity, JSON.stringify(identity()));
    const pid = await runs('-uuid', identity().uuid);
    expect(await observe('dev', machine)).toMatchObject({ state: 'unknown', process: { pid } });
    jest.spyOn(process, 'getuid').mockReturnValue(54_321);
    expect(await observe('dev', machine)).toMatchObject({ state: 'stopped', process: null });
    jest.restoreAllMocks();
  });

  it.each([
    ['paused', 'paused', null],
    ['io-error', 'paused', expect.stringContaining('could not be written')],
    ['prelaunch', 'starting', null],
  ])('whose QEMU says %s is %s', async (status, state, problem) => {
    writeFileSync(machine.identity, JSON.stringify(identity()));
    const pid = await runs('-uuid', identity().uuid);
    const disk = { node: 'root', file: machine.disk, virtualSize: 1 };
    const handlers = { ...machineHandlers({ uuid: identity().uuid, cpus: 1, memory: 1, disk }) };
    const qmp = await FakeQmp.listen(machine.qmp.read[0], {
      handlers: { ...handlers, 'query-status': () => ({ status }) },
    });
    expect(await observe('dev', machine)).toMatchObject({ state, problem, process: { pid } });
    await qmp.close();
  });

  it('is dead when its pid file names a process that is not its QEMU', async () => {
    writeFileSync(machine.identity, JSON.stringify(identity()));
    writeFileSync(machine.applied, JSON.stringify(applied(vmConfig())));
    await runs('-uuid', '99999999-2222-4333-8444-555555555555', '-pidfile', machine.pidFile);
    expect(await observe('dev', machine)).toMatchObject({ state: 'dead', process: null });
    await runs('-name', identity().uuid);
    expect(await observe('dev', machine)).toMatchObject({ state: 'dead', process: null });
  });
});
