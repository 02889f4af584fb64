import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { MachinePaths } from '../../../src/model/machine.ts';
import type { Observed } from '../../../src/model/observed.ts';
import { observe, observeAll } from '../../../src/reconcile/observe.ts';
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
    ...{ dir, disk: inDir('disk.qcow2'), identity: inDir('identity.json'), applied: inDir('applied.json') },
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

describe('many machines', () => {
  it('are each what they are by themselves, those that are not there included', async () => {
    writeFileSync(machine.identity, JSON.stringify(identity()));
    const nowhere = { ...machine, dir: join(dir, 'none/b'), run: join(dir, 'none/run/b') };
    const beside = { ...machine, dir: `${machine.dir}-not`, run: `${machine.run}-not` };
    const asked = [
      { vm: 'dev', paths: machine },
      { vm: 'b', paths: nowhere },
      { vm: 'c', paths: beside },
    ];
    const seen = await observeAll(asked);
    expect(seen.map(({ vm, state }) => [vm, state])).toEqual([
      ['dev', 'stopped'],
      ['b', 'absent'],
      ['c', 'absent'],
    ]);
    expect(seen).toEqual(await Promise.all(asked.map(({ vm, paths }) => observe(vm, paths))));
  });

  it('are looked for one by one where a directory cannot be listed', async () => {
    writeFileSync(machine.identity, JSON.stringify(identity()));
    const file = join(dir, 'file');
    writeFileSync(file, '');
    const odd = { ...machine, run: join(file, 'run') };
    expect(await observeAll([{ vm: 'dev', paths: odd }])).toMatchObject([{ state: 'stopped' }]);
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

  /** What is seen of a QEMU that says this of itself and of the agent's port. */
  async function seen(status: string, open = false): Promise<Observed> {
    writeFileSync(machine.identity, JSON.stringify(identity()));
    const pid = await runs('-uuid', identity().uuid);
    const disk = { node: 'root', file: machine.disk, virtualSize: 1 };
    const handlers = {
      ...machineHandlers({ uuid: identity().uuid, cpus: 1, memory: 1, disk }),
      'query-status': () => ({ status }),
      'query-chardev': () => [{ label: 'agent', 'frontend-open': open }],
    };
    const qmp = await FakeQmp.listen(machine.qmp.read[0], { handlers });
    const found = await observe('dev', machine);
    await qmp.close();
    expect(found.process?.pid).toBe(pid);
    return found;
  }

  it.each([
    ['paused', 'paused', null],
    ['io-error', 'paused', expect.stringContaining('could not be written')],
    ['prelaunch', 'starting', null],
  ])('whose QEMU says %s is %s', async (status, state, problem) => {
    expect(await seen(status)).toMatchObject({ state, problem, halfRestored: false });
  });

  it.each(['inmigrate', 'paused', 'running', 'io-error'])(
    'that does not know who it is yet is nobody’s, whatever its QEMU says: %s',
    async (status) => {
      writeFileSync(machine.applied, JSON.stringify(applied(vmConfig(), { settled: false })));
      expect(await seen(status, true)).toMatchObject({ state: 'starting', halfRestored: true, problem: null });
    },
  );

  it('that waits for a memory is nobody’s, also when its record is lost', async () => {
    expect(await seen('inmigrate')).toMatchObject({ state: 'starting', halfRestored: true });
  });

  it.each([{}, { settled: true, grown: false }, { settled: true, grown: true }])(
    'is somebody’s from then on: %j',
    async (over) => {
      writeFileSync(machine.applied, JSON.stringify(applied(vmConfig(), over)));
      expect(await seen('running', true)).toMatchObject({ state: 'running', halfRestored: false });
    },
  );

  it('is dead when its pid file names a process that is not its QEMU', async () => {
    writeFileSync(machine.identity, JSON.stringify(identity()));
    writeFileSync(machine.applied, JSON.stringify(applied(vmConfig())));
    await runs('-uuid', '99999999-2222-4333-8444-555555555555', '-pidfile', machine.pidFile);
    expect(await observe('dev', machine)).toMatchObject({ state: 'dead', process: null });
    await runs('-name', identity().uuid);
    expect(await observe('dev', machine)).toMatchObject({ state: 'dead', process: null });
  });
});
