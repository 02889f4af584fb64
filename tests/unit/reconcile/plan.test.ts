import { describe, expect, it } from '@jest/globals';
import type { VmConfig } from '../../../src/model/desired.ts';
import type { Observed } from '../../../src/model/observed.ts';
import { GiB } from '../../../src/model/units.ts';
import { planBuild, planRemove, planStop, planUp, type PlanInput } from '../../../src/reconcile/plan.ts';
import { RESOURCES } from '../../../src/resources/index.ts';
import { absent, applied, running, vmConfig } from '../../fixtures/machines.ts';

function input(vms: VmConfig[], observed: Observed[], over: Partial<PlanInput> = {}): PlanInput {
  return {
    project: 'p',
    vms,
    observed: new Map(observed.map((o) => [o.vm, o])),
    resources: RESOURCES,
    images: new Map(vms.map((vm) => [vm.name, 'abc'])),
    provision: new Map(vms.map((vm) => [vm.name, vm.provision])),
    options: { restart: false, recreate: new Set() },
    ...over,
  };
}

const stopped = (config: VmConfig, over: Partial<Observed> = {}): Observed =>
  running(config, { state: 'stopped', process: null, sightings: absent().sightings, ...over });

describe('planUp', () => {
  it('builds one image for two machines that are made from it', () => {
    const vms = [vmConfig({ name: 'b' }), vmConfig({ name: 'a' })];
    const plan = planUp(input(vms, [absent('a'), absent('b')]));
    expect(plan.steps.map((s) => `${s.id} <- ${s.needs.join(',')}`)).toEqual([
      'image:a <- ',
      'create:a <- image:a',
      'start:a <- create:a',
      'ready:a <- start:a',
      'create:b <- image:a',
      'start:b <- create:b',
      'ready:b <- start:b',
    ]);
  });

  it('does nothing for a machine that runs as declared, whatever the record says', () => {
    const vm = vmConfig({ ports: [{ bind: '127.0.0.1', host: 8080, guest: 80, protocol: 'tcp' }] });
    const plan = planUp(input([vm], [running(vm, { applied: null })]));
    expect(plan.steps).toEqual([]);
    expect(plan.vms[0]!.verdict).toBe('none');
  });

  it.each([
    ['forgets', vmConfig({ provision: ['a'], overlay: true }), {}],
    [
      'forgot until now',
      vmConfig({ provision: ['a'] }),
      { applied: applied(vmConfig({ overlay: true }), { provisioned: ['a'] }) },
    ],
    ['lost its disk', vmConfig({ provision: ['a'] }), { diskSize: null }],
  ])('provisions a machine again that %s', (_what, vm, over) => {
    const done = { applied: applied(vm, { provisioned: ['a'] }) };
    const again = planUp(input([vm], [stopped(vm, { ...done, ...over })]));
    expect(again.steps.map((s) => s.id)).toEqual(['start:dev', 'ready:dev', 'provision:dev']);
  });

  it('provisions a machine once that keeps its disk', () => {
    const vm = vmConfig({ provision: ['a'] });
    const plan = planUp(input([vm], [stopped(vm, { applied: applied(vm, { provisioned: ['a'] }) })]));
    expect(plan.steps.map((s) => s.id)).toEqual(['start:dev', 'ready:dev']);
  });

  it('keeps a change that needs a restart pending until restarting is allowed', () => {
    const vm = vmConfig({ memory: 4 * GiB });
    const now = running(vmConfig({ memory: 2 * GiB }));
    const waiting = planUp(input([vm], [now]));
    expect(waiting.steps).toEqual([]);
    expect(waiting.vms[0]!.pending).toMatchObject([
      { field: 'memory', class: 'reboot', before: '2 GiB', after: '4 GiB' },
    ]);

    const allowed = planUp(input([vm], [now], { options: { restart: true, recreate: new Set() } }));
    expect(allowed.steps.map((s) => s.id)).toEqual(['stop:dev', 'start:dev', 'ready:dev']);
    expect(allowed.vms[0]!.pending).toEqual([]);
  });

  it('never recreates without the name of the machine, not even when restarting is allowed', () => {
    const vm = vmConfig({ image: { provider: 'debian', packages: ['jq'], agents: [] } });
    const now = running(vmConfig());
    const plan = planUp(input([vm], [now], { options: { restart: true, recreate: new Set(['other']) } }));
    expect(plan.steps).toEqual([]);
    expect(plan.vms[0]!.pending).toMatchObject([{ field: 'packages jq', class: 'recreate' }]);

    const named = planUp(input([vm], [now], { options: { restart: false, recreate: new Set(['dev']) } }));
    expect(named.steps.map((s) => `${s.id} <- ${s.needs.join(',')}`)).toEqual([
      'image:dev <- ',
      'stop:dev <- image:dev',
      'delete:dev <- stop:dev',
      'create:dev <- delete:dev',
      'start:dev <- create:dev',
      'ready:dev <- start:dev',
    ]);
  });

  it('starts what is stopped and what died, with the changes of the file', () => {
    const vm = vmConfig({ cpus: 4 });
    for (const state of ['stopped', 'dead'] as const) {
      const plan = planUp(input([vm], [stopped(vmConfig({ cpus: 2 }), { state })]));
      expect(plan.steps.map((s) => s.id)).toEqual(['start:dev', 'ready:dev']);
    }
  });

  it('finishes a boot that an earlier command left half-way', () => {
    const vm = vmConfig({
      provision: ['make'],
      healthcheck: { test: 'true', interval: 1, timeout: 1, retries: 1, startPeriod: 0 },
    });
    const plan = planUp(input([vm], [running(vm, { state: 'starting' })]));
    expect(plan.steps.map((s) => s.id)).toEqual(['ready:dev', 'provision:dev', 'health:dev']);
  });

  it('runs only provision commands that have not run', () => {
    const vm = vmConfig({ provision: ['one', 'two'] });
    const done = (names: string[]): Observed => running(vm, { applied: applied(vm, { provisioned: names }) });
    expect(planUp(input([vm], [done(['one', 'two'])])).steps).toEqual([]);
    expect(planUp(input([vm], [done(['one'])])).steps.map((s) => s.kind)).toEqual(['ready', 'provision']);
  });

  it('says that the recipe of the image changed, and leaves the disk alone', () => {
    const vm = vmConfig();
    const plan = planUp(input([vm], [running(vm)], { images: new Map([['dev', 'fff']]) }));
    expect(plan.steps).toEqual([]);
    expect(plan.vms[0]!.pending).toMatchObject([{ field: 'image', class: 'recreate' }]);
  });

  it('touches nothing that it could not look at', () => {
    const vm = vmConfig({ cpus: 9 });
    const plan = planUp(
      input([vm], [running(vmConfig(), { state: 'unknown' })], { options: { restart: true, recreate: new Set() } }),
    );
    expect(plan.steps).toEqual([]);
  });
});

describe('planBuild', () => {
  it('builds each image once', () => {
    const images = new Map([
      ['c', 'one'],
      ['a', 'one'],
      ['b', 'two'],
    ]);
    expect(planBuild('p', images).steps.map((s) => s.id)).toEqual(['image:a', 'image:b']);
  });
});

describe('planStop and planRemove', () => {
  it('stops only what runs', () => {
    const plan = planStop('p', [running(vmConfig({ name: 'b' })), absent('a'), stopped(vmConfig({ name: 'c' }))]);
    expect(plan.steps.map((s) => s.id)).toEqual(['stop:b']);
  });

  it('clears away what a QEMU that died has left', () => {
    const plan = planStop('p', [stopped(vmConfig({ name: 'a' })), stopped(vmConfig({ name: 'b' }), { state: 'dead' })]);
    expect(plan.steps.map((s) => s.id)).toEqual(['stop:b']);
  });

  it('deletes a disk only after its machine has stopped', () => {
    const plan = planRemove('p', [running(vmConfig({ name: 'b' })), stopped(vmConfig({ name: 'c' }))]);
    expect(plan.steps.map((s) => `${s.id} <- ${s.needs.join(',')}`)).toEqual([
      'stop:b <- ',
      'delete:b <- stop:b',
      'delete:c <- ',
    ]);
  });
});
