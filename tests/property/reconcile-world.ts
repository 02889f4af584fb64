/** A world in memory: machines as they may have been left, and handlers that do to it what the real ones do to a host. */
import fc from 'fast-check';
import type { VmConfig } from '../../src/model/desired.ts';
import type { Applied } from '../../src/model/machine.ts';
import type { Observed } from '../../src/model/observed.ts';
import type { Plan, Step } from '../../src/model/plan.ts';
import { baseImage, softwareOf } from '../../src/model/software.ts';
import { GiB } from '../../src/model/units.ts';
import { changesOf } from '../../src/reconcile/changes.ts';
import { execute, type Handlers, type Outcome } from '../../src/reconcile/execute.ts';
import { planUp, type PlanOptions } from '../../src/reconcile/plan.ts';
import { RESOURCES } from '../../src/resources/index.ts';
import { absent, applied, running, vmConfig } from '../fixtures/machines.ts';

/** What is there: a machine's disk, and what of it runs. Absent machines are not in the map. */
export interface Machine {
  /** Digest of the image and size in bytes. */
  readonly disk: { readonly image: string; readonly size: number };
  /** As the last start was given it. */
  readonly config: VmConfig | null;
  readonly state: 'stopped' | 'dead' | 'starting' | 'running';
  readonly provisioned: readonly string[];
  /** Packages of `config` that the image of the disk is without. */
  readonly installed: readonly string[];
  /** Restored from a template by a command that was cut off: before it was told who it is, or before it grew. */
  readonly clone: 'nobody' | 'small' | null;
  /** It was stopped in the middle to be copied, by a command that was cut off. */
  readonly frozen: boolean;
  /** Its guest has booted by itself since it was changed while it ran. */
  readonly rebooted: boolean;
}
export type World = Map<string, Machine>;

/** Machines that a template is made for. */
export type Templates = ReadonlyMap<string, 'before' | 'after'>;

const digestOf = ({ image }: Pick<VmConfig, 'image'>): string => JSON.stringify(image);

/** What is written down of it. */
function recordOf({ config, disk, provisioned, installed, state, clone, frozen }: Machine): Applied | null {
  if (!config) return null;
  return applied(config, {
    ...{ image: disk.image, provisioned, installed, stopped: state === 'stopped' },
    ...(clone === 'nobody' ? { settled: false } : {}),
    ...(frozen ? { frozen: true } : {}),
    ...(clone === 'small' ? { settled: true, grown: false } : {}),
  });
}

export function observed(name: string, machine: Machine | undefined): Observed {
  if (!machine) return absent(name);
  const up = machine.state === 'starting' || machine.state === 'running';
  const shown = machine.config ?? vmConfig({ name });
  const record = recordOf(machine);
  const seen = running(shown, { state: machine.state, applied: record, diskSize: machine.disk.size });
  if (!up) return { ...seen, process: null, sightings: absent(name).sightings };
  const halfRestored = machine.clone === 'nobody';
  const { rebooted } = machine;
  const storage = shown.overlay ? shown.storage : machine.disk.size;
  return {
    ...seen,
    ...{ halfRestored, rebooted },
    sightings: {
      ...seen.sightings,
      storage,
      argv: [...(seen.sightings.argv ?? []), ...(shown.overlay ? ['id=disk-scratch'] : [])],
    },
  };
}

export function planOf(vms: readonly VmConfig[], world: World, options: PlanOptions, templates?: Templates): Plan {
  return planUp({
    project: 'p',
    vms,
    observed: new Map(vms.map((vm) => [vm.name, observed(vm.name, world.get(vm.name))])),
    resources: RESOURCES,
    images: new Map(vms.map((vm) => [vm.name, digestOf(vm)])),
    bases: new Map(
      [...world].flatMap(([name, machine]) => {
        const record = recordOf(machine);
        return record ? [[name, digestOf({ image: baseImage(record) })] as const] : [];
      }),
    ),
    provision: new Map(vms.map((vm) => [vm.name, vm.provision])),
    ...(templates ? { templates } : {}),
    options,
  });
}

/** What of a machine that runs is changed while it does, by the resources themselves. */
function changed(machine: Machine, desired: VmConfig): Machine {
  const seen = observed(desired.name, machine);
  const live = changesOf(RESOURCES, desired, seen).filter((change) => change.class === 'live');
  const { config, installed = [] } = live.reduce((record, change) => {
    const resource = RESOURCES.find(({ name }) => name === change.resource);
    return resource?.adopt?.(record, change, desired) ?? record;
  }, seen.applied!);
  const size = config.overlay ? machine.disk.size : Math.max(machine.disk.size, config.storage);
  return { ...machine, config, installed, disk: { ...machine.disk, size } };
}

/** Handlers that do to the world what the real ones do to the host, and refuse what the host would refuse. */
function handlers(vms: readonly VmConfig[], world: World, before: (step: Step) => void): Handlers {
  const built = new Set<string>();
  const declared = (name: string): VmConfig => vms.find((vm) => vm.name === name)!;
  const there = (name: string): Machine => {
    const machine = world.get(name);
    if (!machine) throw new Error(`${name} is not there`);
    return machine;
  };
  const up = ({ state }: Machine): boolean => state === 'starting' || state === 'running';
  const act = (step: Step): void => {
    const { vm: name } = step;
    switch (step.kind) {
      case 'image':
        built.add(digestOf(declared(name)));
        return;
      case 'create': {
        const vm = declared(name);
        if (world.has(name)) throw new Error(`${name} has a disk already`);
        if (!built.has(digestOf(vm))) throw new Error(`there is no image for ${name}`);
        world.set(name, {
          disk: { image: digestOf(vm), size: vm.storage },
          config: null,
          state: 'stopped',
          provisioned: [],
          installed: [],
          clone: null,
          frozen: false,
          rebooted: false,
        });
        return;
      }
      case 'delete':
        if (up(there(name))) throw new Error(`${name} runs on the disk that is deleted`);
        world.delete(name);
        return;
      case 'start': {
        const machine = there(name);
        const config = declared(name);
        if (up(machine)) throw new Error(`${name} would run twice`);
        const size = config.overlay ? machine.disk.size : Math.max(machine.disk.size, config.storage);
        // A disk keeps the image that it was made from, with what was installed since, and the record says that one.
        const disk = { image: machine.disk.image, declared: config.image, wanted: digestOf(config), isNew: false };
        const { image, installed } = softwareOf(disk, recordOf(machine));
        world.set(name, {
          ...machine,
          disk: { ...machine.disk, size },
          config: { ...config, image },
          installed,
          state: 'starting',
          clone: null,
          frozen: false,
          rebooted: false,
        });
        return;
      }
      case 'ready':
        if (!up(there(name))) throw new Error(`${name} does not run`);
        if (there(name).clone === 'nobody') throw new Error(`${name} does not know who it is`);
        if (there(name).frozen) throw new Error(`${name} stands still`);
        world.set(name, { ...there(name), state: 'running', clone: null });
        return;
      case 'provision':
        if (there(name).state !== 'running') throw new Error(`${name} is not ready`);
        world.set(name, { ...there(name), provisioned: declared(name).provision });
        return;
      case 'health':
        if (there(name).state !== 'running') throw new Error(`${name} is not ready`);
        return;
      case 'stop':
        world.set(name, { ...there(name), state: 'stopped', clone: null, frozen: false, rebooted: false });
        return;
      case 'release':
        // Which ports are whose is a matter of its own: see handover.test.ts.
        if (!up(there(name))) throw new Error(`${name} does not run`);
        return;
      case 'thaw': {
        const machine = there(name);
        if (!up(machine) || !machine.frozen) throw new Error(`${name} is not frozen`);
        world.set(name, { ...machine, frozen: false });
        return;
      }
      case 'change': {
        const machine = there(name);
        if (machine.state !== 'running') throw new Error(`${name} is not ready`);
        if (machine.clone !== null || machine.frozen) throw new Error(`${name} is not what it was started as`);
        world.set(name, { ...changed(machine, declared(name)), rebooted: false });
        return;
      }
      case 'template':
        // Made from an image, beside all machines.
        if (!built.has(digestOf(declared(name))) && !world.has(name)) throw new Error(`there is no image for ${name}`);
    }
  };
  const one = async (step: Step): Promise<void> => {
    before(step);
    // Others get their turn, as they do while a real step waits.
    await Promise.resolve();
    act(step);
  };
  return {
    ...{ image: one, template: one, create: one, delete: one },
    ...{ start: one, thaw: one, ready: one, change: one, release: one, provision: one, health: one, stop: one },
  };
}

export async function apply(
  plan: Plan,
  vms: readonly VmConfig[],
  world: World,
  before: (step: Step) => void = () => undefined,
  signal = new AbortController().signal,
): Promise<Outcome> {
  return execute(
    plan,
    handlers(vms, world, before),
    () => undefined,
    signal,
    () => 0,
  );
}

export const NAMES = ['a', 'b', 'c'];
const port = fc.record({
  bind: fc.constant('127.0.0.1'),
  host: fc.integer({ min: 8000, max: 8003 }),
  guest: fc.constantFrom(80, 443),
  protocol: fc.constantFrom('tcp' as const, 'udp' as const),
});
const config = (name: string): fc.Arbitrary<VmConfig> =>
  fc
    .record({
      cpus: fc.integer({ min: 1, max: 2 }),
      memory: fc.constantFrom(GiB, 2 * GiB),
      storage: fc.constantFrom(8 * GiB, 16 * GiB),
      overlay: fc.boolean(),
      nested: fc.boolean(),
      image: fc.record({
        provider: fc.constant('debian' as const),
        packages: fc.constantFrom([], ['jq']),
        desktop: fc.boolean(),
        agents: fc.constant([]),
      }),
      ports: fc.uniqueArray(port, { maxLength: 2, selector: (p) => `${p.host}/${p.protocol}` }),
      env: fc.constantFrom({}, { EDITOR: 'vim' }),
      provision: fc.constantFrom([], ['one'], ['one', 'two']),
      healthcheck: fc.constantFrom(null, { test: 'true', interval: 1, timeout: 1, retries: 1, startPeriod: 0 }),
    })
    .map((over) => vmConfig({ name, hostname: name, ...over }));
export const configs = fc.tuple(...NAMES.map(config));

/** Any machine that an earlier life may have left, or none. */
const machineOf = (name: string): fc.Arbitrary<Machine | null> =>
  fc.option(
    fc
      .record({
        was: config(name),
        state: fc.constantFrom('stopped', 'dead', 'starting', 'running'),
        recorded: fc.boolean(),
        frozen: fc.boolean(),
        rebooted: fc.boolean(),
        clone: fc.constantFrom(null, null, 'nobody' as const, 'small' as const),
        provisioned: fc.constantFrom([], ['one']),
      })
      .map(({ was, state: left, recorded, clone, frozen, rebooted, provisioned }): Machine => {
        const up = left === 'starting' || left === 'running';
        const state = up && clone === 'nobody' ? 'starting' : left;
        return {
          disk: { image: digestOf(was), size: was.storage },
          config: up || recorded ? was : null,
          state,
          provisioned,
          installed: [],
          clone: up ? clone : null,
          // Nobody copies what is not ready.
          frozen: frozen && left === 'running' && clone !== 'nobody',
          rebooted: rebooted && up,
        };
      }),
  );
export const worlds = fc
  .tuple(...NAMES.map(machineOf))
  .map(
    (machines): World =>
      new Map(machines.flatMap((machine, index) => (machine ? [[NAMES[index]!, machine] as const] : []))),
  );
export const consents = fc.record({
  restart: fc.boolean(),
  recreate: fc.subarray(NAMES).map((names): ReadonlySet<string> => new Set(names)),
});
/** Any choice: which ones are worth a template is not the plan's to judge. */
export const templateChoices = fc
  .tuple(...NAMES.map(() => fc.constantFrom(null, 'before' as const, 'after' as const)))
  .map((whens): Templates => new Map(whens.flatMap((when, n) => (when ? [[NAMES[n]!, when] as const] : []))));
export const NONE: PlanOptions = { restart: false, recreate: new Set() };
export const isUp = (machine: Machine | undefined): boolean =>
  machine?.state === 'starting' || machine?.state === 'running';
