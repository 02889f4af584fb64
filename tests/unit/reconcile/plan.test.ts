import { describe, expect, it } from '@jest/globals';
import type { VmConfig } from '../../../src/model/desired.ts';
import type { Observed } from '../../../src/model/observed.ts';
import { planBuild, planRemove, planStop, planUp, type PlanInput } from '../../../src/reconcile/plan.ts';
import { RESOURCES } from '../../../src/resources/index.ts';
import { absent, applied, debianImage, running, vmConfig } from '../../fixtures/machines.ts';

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
    const vm = vmConfig({ nested: true });
    const now = running(vmConfig({ nested: false }));
    const waiting = planUp(input([vm], [now]));
    expect(waiting.steps).toEqual([]);
    expect(waiting.vms[0]!.pending).toMatchObject([
      { field: 'nested', class: 'reboot', before: 'false', after: 'true' },
    ]);

    const allowed = planUp(input([vm], [now], { options: { restart: true, recreate: new Set() } }));
    expect(allowed.steps.map((s) => s.id)).toEqual(['stop:dev', 'start:dev', 'ready:dev']);
    expect(allowed.vms[0]!.pending).toEqual([]);
  });

  describe('when a port goes from one machine to another', () => {
    const at = (host: number) => ({ bind: '127.0.0.1', host, guest: 80, protocol: 'tcp' as const });
    const [a, b] = ['a', 'b'].map((name) => (over: Partial<VmConfig>) => vmConfig({ name, ...over }));
    const was = [running(a!({ ports: [at(8080)] })), running(b!({ ports: [at(9090)] }))];
    const texts = (vms: VmConfig[], seen: Observed[], restart = false): string[] =>
      planUp(input(vms, seen, { options: { restart, recreate: new Set() } })).steps.map(
        ({ id, needs, hands }) =>
          `${id} <- ${needs.join(',')}${hands ? ` (${hands.map(({ host }) => host).join()})` : ''}`,
      );

    it('has the one let go of it before the other takes it', () => {
      expect(texts([a!({}), b!({ ports: [at(8080), at(9090)] })], was)).toEqual([
        'release:a <-  (8080)',
        'change:a <- release:a',
        'change:b <- release:a (8080)',
      ]);
    });

    it('puts who gives before who takes, whatever their names', () => {
      expect(texts([a!({ ports: [at(8080), at(9090)] }), b!({})], was)).toEqual([
        'release:b <-  (9090)',
        'change:a <- release:b (9090)',
        'change:b <- release:b',
      ]);
    });

    it('has both let go first when they swap', () => {
      expect(texts([a!({ ports: [at(9090)] }), b!({ ports: [at(8080)] })], was)).toEqual([
        'release:a <-  (8080)',
        'release:b <-  (9090)',
        'change:a <- release:a,release:b (9090)',
        'change:b <- release:b,release:a (8080)',
      ]);
    });

    it('needs no more than the stop of one that stops anyway', () => {
      expect(
        texts([a!({ nested: false, ports: [at(9090)] }), b!({ nested: false, ports: [at(8080)] })], was, true),
      ).toEqual([
        'stop:a <- ',
        'stop:b <- ',
        'start:a <- stop:a,stop:b (9090)',
        'ready:a <- start:a',
        'start:b <- stop:b,stop:a (8080)',
        'ready:b <- start:b',
      ]);
    });

    it('has a machine that starts wait, too', () => {
      expect(texts([a!({}), b!({ ports: [at(8080)] })], [was[0]!, stopped(b!({}))])).toEqual([
        'release:a <-  (8080)',
        'change:a <- release:a',
        'start:b <- release:a (8080)',
        'ready:b <- start:b',
      ]);
    });

    it('asks nothing of a machine that only drops a port, or forwards it elsewhere', () => {
      const elsewhere = { ...at(8080), guest: 443 };
      expect(texts([a!({ ports: [elsewhere] }), b!({})], was)).toEqual(['change:a <- ', 'change:b <- ']);
    });
  });

  it('restarts a machine for what was asked about, and for nothing that came since', () => {
    const now = running(vmConfig({ nested: false }));
    const vm = vmConfig({ nested: true, env: { A: 'b' } });
    const { vms } = planUp(input([vm], [now]));
    const restart = new Map([['dev', vms[0]!.pending]]);
    const asked = planUp(input([vm], [now], { options: { restart, recreate: new Set() } }));
    expect(asked.steps.map((s) => s.id)).toEqual(['stop:dev', 'start:dev', 'ready:dev']);

    const more = vmConfig({ ...vm, audio: { driver: 'none' } as never });
    const since = planUp(input([more], [now], { options: { restart, recreate: new Set() } }));
    expect(since.steps.map((s) => s.id)).toEqual(['change:dev']);
    expect(since.vms[0]!.pending.map(({ field }) => field)).toEqual(['nested', 'audio']);

    const less = vmConfig({ nested: false, env: { A: 'b' } });
    const live = planUp(input([less], [now], { options: { restart, recreate: new Set() } }));
    expect(live.steps.map((s) => s.id)).toEqual(['change:dev']);
  });

  it('stops a machine that left the file, never more, and before another one takes its port', () => {
    const left = running(
      vmConfig({ name: 'old', ports: [{ bind: '127.0.0.1', host: 8080, guest: 80, protocol: 'tcp' }] }),
    );
    const vm = vmConfig({ ports: left.applied!.config.ports });
    const { steps, vms } = planUp(input([vm], [stopped(vmConfig())], { leaving: [left] }));
    expect(steps.map(({ id, needs }) => `${id} <- ${needs.join(',')}`)).toEqual([
      'stop:old <- ',
      'start:dev <- stop:old',
      'ready:dev <- start:dev',
    ]);
    expect(vms.map(({ vm: name, verdict }) => [name, verdict])).toEqual([
      ['dev', 'start'],
      ['old', 'stop'],
    ]);
  });

  it('never recreates without the name of the machine, not even when restarting is allowed', () => {
    const vm = vmConfig();
    const now = running(vmConfig({ image: debianImage(['jq']) }));
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

  it('stops a machine that does not know who it is yet, without a word: it has never been anybody’s', () => {
    const vm = vmConfig();
    const cut = running(vm, { state: 'starting', halfRestored: true, applied: applied(vm, { settled: false }) });
    const plan = planUp(input([vm], [cut]));
    expect(plan.vms[0]!.verdict).toBe('restart');
    expect(plan.steps.map((s) => s.id)).toEqual(['stop:dev', 'start:dev', 'ready:dev']);
  });

  it('lets a machine grow that a command before this one has not', () => {
    const vm = vmConfig();
    const small = running(vm, { applied: applied(vm, { settled: true, grown: false }) });
    expect(planUp(input([vm], [small])).steps.map((s) => s.id)).toEqual(['ready:dev']);
    const grown = running(vm, { applied: applied(vm, { settled: true, grown: true }) });
    expect(planUp(input([vm], [grown])).steps).toEqual([]);
  });

  it('makes a template before the machine that starts from it, and after one that boots this time', () => {
    const vms = [vmConfig({ name: 'a' }), vmConfig({ name: 'b' }), vmConfig({ name: 'c' })];
    const templates = new Map([
      ['a', 'before' as const],
      ['b', 'after' as const],
    ]);
    const plan = planUp(input(vms, [absent('a'), absent('b'), absent('c')], { templates }));
    expect(plan.steps.map((s) => `${s.id} <- ${s.needs.join(',')}`)).toEqual([
      'image:a <- ',
      'template:a <- image:a',
      'create:a <- template:a',
      'start:a <- create:a',
      'ready:a <- start:a',
      'create:b <- image:a',
      'start:b <- create:b',
      'ready:b <- start:b',
      'template:b <- ready:b',
      'create:c <- image:a',
      'start:c <- create:c',
      'ready:c <- start:c',
    ]);
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

  describe('when packages are new', () => {
    const vm = vmConfig({
      ...{ image: debianImage(['jq']), provision: ['make'] },
      healthcheck: { test: 'true', interval: 1, timeout: 1, retries: 1, startPeriod: 0 },
    });
    const was = applied(vmConfig(), { provisioned: ['make'] });
    const images = new Map([['dev', 'with-jq']]);
    const bases = new Map([['dev', was.image]]);
    const ids = (seen: Observed, more: object = {}): string[] =>
      planUp(input([vm], [seen], { images, bases, ...more })).steps.map(
        ({ id, needs }) => `${id} <- ${needs.join(',')}`,
      );

    it('has a machine that runs install them, and makes no image', () => {
      const plan = planUp(input([vm], [running(vmConfig(), { applied: was })], { images, bases }));
      expect(plan.steps.map((s) => s.id)).toEqual(['change:dev', 'health:dev']);
      expect(plan.vms[0]).toMatchObject({ verdict: 'change', pending: [] });
    });

    it('has one that is stopped install them once it is up, before anything that may need them', () => {
      expect(ids(stopped(vmConfig(), { applied: applied(vmConfig()) }))).toEqual([
        'start:dev <- ',
        'ready:dev <- start:dev',
        'change:dev <- ready:dev',
        'provision:dev <- change:dev',
        'health:dev <- provision:dev',
      ]);
    });

    it('makes the image that has them for a machine without a disk of its own', () => {
      const forgets = vmConfig({ overlay: true, image: vm.image });
      const seen = stopped(vmConfig({ overlay: true }), { applied: applied(vmConfig({ overlay: true })) });
      const plan = planUp(input([forgets], [seen], { images, bases }));
      expect(plan.steps.map((s) => s.id)).toEqual(['image:dev', 'start:dev', 'ready:dev']);
    });

    it('has nothing to do for a machine that has installed them', () => {
      const has = applied(vm, { installed: ['jq'], provisioned: ['make'] });
      expect(planUp(input([vm], [running(vm, { applied: has })], { images, bases })).vms[0]).toMatchObject({
        ...{ verdict: 'none', changes: [], pending: [] },
      });
      const other = { bases: new Map([['dev', 'another-recipe']]) };
      expect(planUp(input([vm], [running(vm, { applied: has })], { images, ...other })).vms[0]).toMatchObject({
        pending: [{ field: 'image', class: 'recreate' }],
      });
    });
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
  it('makes templates after the images that they are booted from', () => {
    const images = new Map([
      ['a', 'one'],
      ['b', 'one'],
      ['c', 'two'],
    ]);
    expect(planBuild('p', images, new Set(['c', 'b'])).steps.map((s) => `${s.id} <- ${s.needs.join(',')}`)).toEqual([
      'image:a <- ',
      'image:c <- ',
      'template:b <- image:a',
      'template:c <- image:c',
    ]);
  });

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
