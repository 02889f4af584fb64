import { describe, expect, it } from '@jest/globals';
import type { VmConfig } from '../../../src/model/desired.ts';
import type { Observed } from '../../../src/model/observed.ts';
import { GiB } from '../../../src/model/units.ts';
import { planUp } from '../../../src/reconcile/plan.ts';
import { planFile, staleness, type PlanFile } from '../../../src/reconcile/plan-file.ts';
import { RESOURCES } from '../../../src/resources/index.ts';
import { absent, running, vmConfig } from '../../fixtures/machines.ts';

const OPTIONS = { vms: [], restart: false, recreate: [], cold: false, removeOrphans: false };

function made(
  vms: VmConfig[],
  seen: Observed[],
  image = 'abc',
  templates: ReadonlyMap<string, 'before' | 'after'> = new Map(),
): PlanFile {
  const observed = new Map(seen.map((o) => [o.vm, o]));
  const images = new Map(vms.map((vm) => [vm.name, image]));
  const provision = new Map(vms.map((vm) => [vm.name, vm.provision]));
  const options = { restart: false, recreate: new Set<string>() };
  const plan = planUp({ project: 'p', vms, observed, resources: RESOURCES, images, provision, templates, options });
  return planFile('p-1', OPTIONS, { plan, vms, observed, images });
}

describe('a plan that was kept', () => {
  const dev = vmConfig();
  const larger = vmConfig({ memory: 4 * GiB });
  const before = made([larger], [running(dev)]);

  it('is fresh as long as nothing has changed, in whatever order things are said', () => {
    const seen = running(dev);
    const { sightings } = seen;
    const turned = { ...sightings, forwards: [...(sightings.forwards ?? [])].reverse() };
    const again = made(
      [Object.fromEntries(Object.entries(larger).reverse()) as never],
      [{ ...seen, sightings: turned }],
    );
    expect(staleness(before, again)).toEqual([]);
    expect(staleness(JSON.parse(JSON.stringify(before)) as PlanFile, again)).toEqual([]);
  });

  it('is fresh whichever process runs, and however much memory the guest has taken by now', () => {
    const seen = running(dev, { process: { pid: 7, startTime: '9' } });
    const plug = { ...seen.sightings.plug!, taken: 0 };
    expect(staleness(before, made([larger], [{ ...seen, sightings: { ...seen.sightings, plug } }]))).toEqual([]);
  });

  it.each<[string, PlanFile, string]>([
    [
      'is declared otherwise',
      made([vmConfig({ memory: 6 * GiB, env: { A: 'b' } })], [running(dev)]),
      'dev is declared otherwise: memory, env',
    ],
    [
      'has stopped',
      made([larger], [running(dev, { state: 'paused' })]),
      'dev is not as it was seen: state (it was running, and is paused)',
    ],
    [
      'was changed by hand',
      made([larger], [running(vmConfig({ memory: 3 * GiB }), { applied: running(dev).applied })]),
      'dev is not as it was seen: memory',
    ],
    ['is built in another way', made([larger], [running(dev)], 'def'), 'dev is declared otherwise: image'],
  ])('is stale when the machine %s, and says in what', (_what, now, text) => {
    expect(staleness(before, now)).toEqual([text]);
  });

  it('is stale when a machine came or went', () => {
    const db = vmConfig({ name: 'db' });
    const both = made([larger, db], [running(dev), absent('db')]);
    expect(staleness(before, both)).toEqual(['db is not in the plan']);
    expect(staleness(both, before)).toEqual(['db is in the plan, and is none of its machines any more']);
  });

  it('is stale when other steps lead there by now', () => {
    const bare = made([dev], [absent()]);
    const warm = made([dev], [absent()], 'abc', new Map([['dev', 'before']]));
    expect(staleness(bare, warm)).toEqual(['the step template:dev is new']);
    expect(staleness(warm, bare)).toEqual(['the step template:dev is not needed any more']);
  });

  it('is stale when its steps were tampered with', () => {
    const [step] = before.plan.steps;
    const forged = { ...before, plan: { ...before.plan, steps: [{ ...step!, needs: ['x'] }] } };
    expect(staleness(forged, made([larger], [running(dev)]))).toEqual([
      'the steps depend on each other in another way',
    ]);
  });

  it('is of one project', () => {
    expect(staleness({ ...before, project: 'q-2' }, before)).toEqual(['it was made for q-2, and this is p-1']);
  });

  it('tells no value that the plan does not show', () => {
    const secret = vmConfig({ env: { TOKEN: 'hunter2' }, provision: ['echo hunter2'] });
    expect(JSON.stringify(made([secret], [running(dev)]))).not.toContain('hunter2');
  });
});
