/** Plan and executor: what must hold whatever is declared, seen, failing or cut off. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Observed } from '../../src/model/observed.ts';
import type { Step } from '../../src/model/plan.ts';
import { planRemove, planStop, type PlanOptions } from '../../src/reconcile/plan.ts';
import {
  apply,
  configs,
  consents,
  isUp,
  NAMES,
  NONE,
  observed,
  planOf,
  templateChoices,
  worlds,
  type Machine,
  type World,
} from './reconcile-world.ts';

describe('reconciliation', () => {
  it('makes the same plan whatever the order of what it is given', () => {
    fc.assert(
      fc.property(
        configs,
        worlds,
        consents,
        fc.shuffledSubarray(NAMES, { minLength: 3 }),
        (vms, world, options, order) => {
          const shuffled = order.map((name) => vms.find((vm) => vm.name === name)!);
          const turned: World = new Map([...world].reverse());
          expect(planOf(shuffled, turned, options)).toEqual(planOf(vms, world, options));
        },
      ),
    );
  });

  it('makes the same plan whatever the order of what it is given, templates too', () => {
    const orders = fc.shuffledSubarray(NAMES, { minLength: 3 });
    fc.assert(
      fc.property(configs, worlds, consents, templateChoices, orders, (vms, world, options, templates, order) => {
        const shuffled = order.map((name) => vms.find((vm) => vm.name === name)!);
        const turned = new Map([...templates].reverse());
        expect(planOf(shuffled, world, options, turned)).toEqual(planOf(vms, world, options, templates));
      }),
    );
  });

  it('does with templates all that it does without, in the same order', () => {
    fc.assert(
      fc.property(configs, worlds, consents, templateChoices, (vms, world, options, templates) => {
        const bare = planOf(vms, world, options);
        const warm = planOf(vms, world, options, templates);
        expect(warm.vms).toEqual(bare.vms);
        expect(warm.steps.filter(isNoTemplate).map(({ id }) => id)).toEqual(bare.steps.map(({ id }) => id));
        for (const step of bare.steps) {
          const now = warm.steps.find(({ id }) => id === step.id)!;
          expect(ancestors(warm.steps, now).filter((id) => !id.startsWith('template:'))).toEqual(
            ancestors(bare.steps, step),
          );
        }
      }),
    );
  });

  it('makes one template for each machine that it is asked for, before all else or after', () => {
    fc.assert(
      fc.property(configs, worlds, consents, templateChoices, (vms, world, options, templates) => {
        const { steps } = planOf(vms, world, options, templates);
        for (const name of NAMES) {
          const own = steps.filter((step) => step.vm === name && step.kind !== 'image');
          const kinds = own.map(({ kind }) => kind);
          const when = templates.get(name);
          expect(kinds.filter((kind) => kind === 'template')).toHaveLength(when === undefined ? 0 : 1);
          // Nothing is stopped, deleted or made for what may yet fail.
          if (when === 'before') expect(kinds[0]).toBe('template');
          if (when === 'after') expect(kinds.at(-1)).toBe('template');
          if (when === 'after' && kinds.length > 1) {
            expect(own.filter(isNoTemplate).some((step) => ancestors(steps, step).includes(`template:${name}`))).toBe(
              false,
            );
          }
        }
      }),
    );
  });

  it('comes to the same end with templates, also when those made afterwards fail', async () => {
    await fc.assert(
      fc.asyncProperty(configs, worlds, consents, templateChoices, async (vms, world, options, templates) => {
        const straight: World = new Map(world);
        await apply(planOf(vms, straight, options), vms, straight);
        const outcome = await apply(planOf(vms, world, options, templates), vms, world, (step) => {
          if (step.kind === 'template' && templates.get(step.vm) === 'after') throw new Error('it fails');
        });
        expect(outcome.skipped).toEqual([]);
        expect([...outcome.failed.keys()].every((id) => id.startsWith('template:'))).toBe(true);
        expect(new Map([...world].sort())).toEqual(new Map([...straight].sort()));
      }),
    );
  });

  it('has nothing left to do once it is applied, but what waits for a consent', async () => {
    await fc.assert(
      fc.asyncProperty(configs, worlds, consents, async (vms, world, options) => {
        const outcome = await apply(planOf(vms, world, options), vms, world);
        expect([...outcome.failed.values()]).toEqual([]);
        const again = planOf(vms, world, NONE);
        expect(again.steps).toEqual([]);
        for (const vm of again.vms) {
          expect([vm.state, vm.verdict, vm.changes]).toEqual(['running', 'none', []]);
          if (options.recreate.has(vm.vm)) expect(vm.pending).toEqual([]);
          if (options.restart) expect(vm.pending.filter((change) => change.class !== 'recreate')).toEqual([]);
        }
      }),
    );
  });

  it('deletes no disk and stops no machine without consent', async () => {
    await fc.assert(
      fc.asyncProperty(configs, worlds, consents, async (vms, world, options) => {
        const before = new Map(world);
        const plan = planOf(vms, world, options);
        for (const { kind, vm } of plan.steps) {
          if (kind === 'delete') expect(options.recreate).toContain(vm);
          // What does not know who it is has never been anybody's.
          const nobody = world.get(vm)?.clone === 'nobody';
          if (kind === 'stop') expect(options.restart || options.recreate.has(vm) || nobody).toBe(true);
        }
        await apply(plan, vms, world);
        for (const [name, { disk, state, clone }] of before) {
          if (options.recreate.has(name)) continue;
          expect(world.get(name)?.disk.image).toBe(disk.image);
          expect(world.get(name)?.disk.size).toBeGreaterThanOrEqual(disk.size);
          if (!options.restart && clone !== 'nobody' && (state === 'starting' || state === 'running')) {
            expect(fixedOf(world.get(name))).toEqual(fixedOf(before.get(name)));
          }
        }
      }),
    );
  });

  it('starts each machine at most once, and only when its old QEMU has stopped', () => {
    fc.assert(
      fc.property(configs, worlds, consents, (vms, world, options) => {
        const { steps } = planOf(vms, world, options);
        expect(new Set(steps.map((step) => step.id)).size).toBe(steps.length);
        for (const start of steps.filter((step) => step.kind === 'start')) {
          expect(steps.filter((step) => step.kind === 'start' && step.vm === start.vm)).toHaveLength(1);
          if (isUp(world.get(start.vm))) expect(ancestors(steps, start)).toContain(`stop:${start.vm}`);
        }
        // In the order in which it is printed, everything comes after what it needs.
        for (const [index, step] of steps.entries()) {
          for (const need of step.needs) expect(steps.slice(0, index).map((s) => s.id)).toContain(need);
        }
      }),
    );
  });

  it('runs nothing behind a step that failed, and everything else', async () => {
    await fc.assert(
      fc.asyncProperty(configs, worlds, consents, fc.func(fc.boolean()), async (vms, world, options, fails) => {
        const plan = planOf(vms, world, options);
        const ran: string[] = [];
        const outcome = await apply(plan, vms, world, (step) => {
          ran.push(step.id);
          if (fails(step.id)) throw new Error('it fails');
        });
        const failed = new Set(plan.steps.filter((step) => fails(step.id)).map((step) => step.id));
        for (const step of plan.steps) {
          const blocked = ancestors(plan.steps, step).some((id) => failed.has(id));
          expect([step.id, ran.includes(step.id)]).toEqual([step.id, !blocked]);
        }
        const told = [...outcome.done, ...outcome.failed.keys(), ...outcome.skipped];
        expect(told.sort()).toEqual(plan.steps.map((step) => step.id).sort());
      }),
    );
  });

  it('comes to the same end when it is cut off after any number of steps and begun again', async () => {
    await fc.assert(
      fc.asyncProperty(configs, worlds, fc.boolean(), fc.nat({ max: 12 }), async (vms, world, restart, after) => {
        const options = { restart, recreate: new Set<string>() };
        const straight: World = new Map(world);
        await apply(planOf(vms, straight, options), vms, straight);

        const cut: World = new Map(world);
        const controller = new AbortController();
        let steps = 0;
        const stop = (): void => {
          if (steps >= after) controller.abort();
          steps += 1;
          controller.signal.throwIfAborted();
        };
        await apply(planOf(vms, cut, options), vms, cut, stop, controller.signal);
        await apply(planOf(vms, cut, options), vms, cut);
        expect(new Map([...cut].sort())).toEqual(new Map([...straight].sort()));
      }),
    );
  });

  it('restores what was declared before when it is declared again, but for a disk that grew and what was installed', async () => {
    const allow: PlanOptions = { restart: true, recreate: new Set() };
    await fc.assert(
      fc.asyncProperty(configs, configs, async (first, second) => {
        const world: World = new Map();
        await apply(planOf(first, world, allow), first, world);
        const begin = new Map(world);
        await apply(planOf(second, world, allow), second, world);
        await apply(planOf(first, world, allow), first, world);
        for (const [name, machine] of begin) {
          const now = world.get(name);
          expect(bootOf(now)).toEqual(bootOf(machine));
          expect(now?.disk.image).toBe(machine.disk.image);
          expect(now?.disk.size).toBeGreaterThanOrEqual(machine.disk.size);
        }
      }),
    );
  });

  it('stops all that runs and deletes all that is there, each disk after its machine', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async (world) => {
        const seen = (): Observed[] => NAMES.map((name) => observed(name, world.get(name)));
        const disks = [...world.keys()];
        await apply(planStop('p', seen()), [], world);
        expect([...world.values()].filter(isUp)).toEqual([]);
        expect([...world.keys()]).toEqual(disks);
        expect(planStop('p', seen()).steps).toEqual([]);
        const outcome = await apply(planRemove('p', seen()), [], world);
        expect([...outcome.failed]).toEqual([]);
        expect(world.size).toBe(0);
      }),
    );
    await fc.assert(
      fc.asyncProperty(worlds, async (world) => {
        const outcome = await apply(
          planRemove(
            'p',
            NAMES.map((name) => observed(name, world.get(name))),
          ),
          [],
          world,
        );
        expect([...outcome.failed]).toEqual([]);
        expect(world.size).toBe(0);
      }),
    );
  });
});

/** What a machine was started with, but for its disk: one that only grew is not started again to be what it was. */
const bootOf = (machine: Machine | undefined) =>
  machine?.config && { ...machine.config, image: imageOf(machine), storage: 0, provision: [], healthcheck: null };

/** What a machine that runs cannot be given. */
const fixedOf = (machine: Machine | undefined) =>
  machine?.config && [imageOf(machine), machine.config.nested, machine.config.overlay, machine.config.audio];

/** Without what its guest has installed, which stays on the disk. */
const imageOf = ({ config, installed }: Machine) =>
  config && { ...config.image, packages: config.image.packages.filter((name) => !installed.includes(name)) };

const isNoTemplate = (step: Step): boolean => step.kind !== 'template';

/** Ids of everything that has to be done before a step. */
function ancestors(steps: readonly Step[], step: Step): string[] {
  return step.needs.flatMap((need) => [
    need,
    ...ancestors(
      steps,
      steps.find((each) => each.id === need)!,
    ),
  ]);
}
