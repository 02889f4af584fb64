/** What is true of a machine, found by looking: the same cases with a fake QEMU and with a real one without a guest. */
import { rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { VmConfig } from '../../../src/model/desired.ts';
import type { Observed } from '../../../src/model/observed.ts';
import type { Plan } from '../../../src/model/plan.ts';
import { MiB } from '../../../src/model/units.ts';
import { Qmp } from '../../../src/qemu/qmp.ts';
import { execute, type Handlers } from '../../../src/reconcile/execute.ts';
import { observe } from '../../../src/reconcile/observe.ts';
import { planStop, planUp } from '../../../src/reconcile/plan.ts';
import { RESOURCES } from '../../../src/resources/index.ts';
import { NEVER } from '../../fakes/qmp-server.ts';
import { Bench, fakeQemu, IDENTITY, kill, realQemu, standIn, VM, type Qemu } from './bench.ts';

let bench: Bench;
let qemu: Qemu | null;
const look = (): Promise<Observed> => observe('dev', bench.paths);

const planFor = (vm: VmConfig, seen: Observed, restart = false): Plan =>
  planUp({
    project: 'p',
    vms: [vm],
    observed: new Map([['dev', seen]]),
    resources: RESOURCES,
    images: new Map([['dev', 'abc']]),
    provision: new Map([['dev', []]]),
    options: { restart, recreate: new Set() },
  });
const ids = (plan: Plan): string[] => plan.steps.map((step) => step.id);

beforeEach(async () => {
  qemu = null;
  bench = await Bench.open();
});
afterEach(async () => {
  await qemu?.end();
  await bench.close();
});

describe.each([
  ['a fake QEMU', fakeQemu()],
  ['a real QEMU', realQemu],
])('observing %s', (_name, start) => {
  it('tells what it really has, and that its guest has not answered', async () => {
    qemu = await start(bench.paths);
    const seen = await look();
    expect(seen).toMatchObject({
      ...{ state: 'starting', identity: IDENTITY, diskSize: VM.storage, problem: null },
      process: { pid: qemu.pid },
      sightings: { cpus: VM.cpus, memory: VM.memory, storage: VM.storage, forwards: [] },
    });
    // It forwards nothing, SSH neither: that is given back when it answers.
    expect(ids(planFor(VM, seen))).toEqual(['ready:dev', 'change:dev']);
  });

  it('believes what it sees and not what was recorded', async () => {
    qemu = await start(bench.paths);
    await bench.record({ ...VM, cpus: 8, memory: 4096 * MiB });
    const lost = [{ field: 'ssh', class: 'live', drift: true }];
    expect(planFor(VM, await look()).vms[0]).toMatchObject({ verdict: 'change', changes: lost, pending: [] });
    await rm(bench.paths.applied);
    expect(planFor(VM, await look()).vms[0]).toMatchObject({ verdict: 'finish', pending: [] });
    const more = { ...VM, memory: 256 * MiB };
    expect(planFor(more, await look()).vms[0]?.pending).toMatchObject([{ before: '128 MiB', after: '256 MiB' }]);
    expect(ids(planFor(more, await look(), true))).toEqual(['stop:dev', 'start:dev', 'ready:dev']);
  });

  it('goes to the second reader when somebody holds the first', async () => {
    qemu = await start(bench.paths);
    const other = await Qmp.connect(bench.paths.qmp.read[0]);
    try {
      expect((await look()).state).toBe('starting');
    } finally {
      other.close();
    }
  });

  it('sees that it is gone, whatever files it left', async () => {
    qemu = await start(bench.paths);
    await qemu.end();
    expect(await look()).toMatchObject({ state: 'dead', process: null });
    await bench.record(VM, true);
    expect(await look()).toMatchObject({ state: 'stopped', process: null });
    expect(ids(planFor(VM, await look()))).toEqual(['start:dev', 'ready:dev']);
  });
});

describe('observing what is not as it should be', () => {
  it('does not take another process for the machine whose pid it got', async () => {
    const other = await standIn(['-uuid']);
    await writeFile(bench.paths.pidFile, `${other.pid}\n`);
    expect(await look()).toMatchObject({ state: 'dead', process: null });
    qemu = { pid: other.pid ?? 0, end: () => kill(other) };
  });

  it.each(['', '0', '1', '-1', 'x', '99999999'])('makes nothing of a pid file that says "%s"', async (text) => {
    await writeFile(bench.paths.pidFile, text);
    expect(await look()).toMatchObject({ state: 'dead', process: null });
  });

  it('adopts no QEMU of another machine, and leaves it alone', async () => {
    qemu = await fakeQemu({ said: '00000000-0000-4000-8000-000000000000' })(bench.paths);
    const seen = await look();
    expect(seen).toMatchObject({ state: 'unknown', problem: 'the QEMU at this socket is not this machine' });
    expect(planFor({ ...VM, cpus: 1 }, seen, true).steps).toEqual([]);
  });

  it('says so within seconds when a monitor never answers', async () => {
    qemu = await fakeQemu({ handlers: { 'query-status': () => NEVER } })(bench.paths);
    const seen = await look();
    expect(seen).toMatchObject({ state: 'unknown', process: { pid: qemu.pid } });
    expect(seen.problem).toContain('did not answer query-status within 2000 ms');
  });

  it('sees a running machine behind replies that make no sense', async () => {
    const nonsense = () => ({ 'base-memory': 'much', inserted: null });
    qemu = await fakeQemu({ handlers: { 'query-block': nonsense, 'query-memory-size-summary': nonsense } })(
      bench.paths,
    );
    expect(await look()).toMatchObject({ state: 'starting', sightings: { memory: null, storage: null } });
  });

  it('knows a disk whose identity was lost from a machine that never was', async () => {
    await writeFile(bench.paths.identity, '{');
    const lost = await look();
    expect(lost.state).toBe('stopped');
    expect(lost.problem).toContain('not JSON');
    await rm(bench.paths.disk);
    expect((await look()).state).toBe('absent');
  });
});

describe('executing against a real QEMU', () => {
  it('starts one and no second, waits for it in the next run, and stops it', async () => {
    const started: string[] = [];
    const refuse = (): Promise<void> => Promise.reject(new Error('not in these plans'));
    const handlers: Handlers = {
      ...{ image: refuse, template: refuse, create: refuse, delete: refuse },
      ...{ thaw: refuse, change: refuse, release: refuse, provision: refuse, health: refuse },
      start: async (step) => {
        started.push(step.id);
        qemu = await realQemu(bench.paths);
      },
      ready: async () => {
        expect((await look()).state).toBe('starting');
      },
      stop: async () => {
        const qmp = await Qmp.connect(bench.paths.qmp.control);
        await qmp.execute('quit').finally(() => {
          qmp.close();
        });
        await qemu?.end();
      },
    };
    const run = (plan: Plan) =>
      execute(
        plan,
        handlers,
        () => undefined,
        new AbortController().signal,
        () => 0,
      );
    expect((await run(planFor(VM, await look()))).done).toEqual(['start:dev', 'ready:dev']);
    expect((await run(planFor(VM, await look()))).done).toEqual(['ready:dev']);
    expect(started).toEqual(['start:dev']);
    expect((await run(planStop('p', [await look()]))).done).toEqual(['stop:dev']);
    expect((await look()).process).toBeNull();
  });
});
