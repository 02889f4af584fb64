/** A world in memory: machines as they may have been left, and handlers that do to it what the real ones do to a host. */
import fc from 'fast-check';
import type { VmConfig } from '../../src/model/desired.ts';
import type { Observed } from '../../src/model/observed.ts';
import type { Plan, Step } from '../../src/model/plan.ts';
import { GiB } from '../../src/model/units.ts';
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
}
export type World = Map<string, Machine>;

const digestOf = (vm: VmConfig): string => JSON.stringify(vm.image);

export function observed(name: string, machine: Machine | undefined): Observed {
  if (!machine) return absent(name);
  const up = machine.state === 'starting' || machine.state === 'running';
  const shown = machine.config ?? vmConfig({ name });
  const record = machine.config
    ? applied(machine.config, {
        image: machine.disk.image,
        provisioned: machine.provisioned,
        stopped: machine.state === 'stopped',
      })
    : null;
  const seen = running(shown, { state: machine.state, applied: record, diskSize: machine.disk.size });
  if (!up) return { ...seen, process: null, sightings: absent(name).sightings };
  const storage = shown.overlay ? shown.storage : machine.disk.size;
  return {
    ...seen,
    sightings: {
      ...seen.sightings,
      storage,
      argv: [...(seen.sightings.argv ?? []), ...(shown.overlay ? ['id=disk-scratch'] : [])],
    },
  };
}

export function planOf(vms: readonly VmConfig[], world: World, options: PlanOptions): Plan {
  return planUp({
    project: 'p',
    vms,
    observed: new Map(vms.map((vm) => [vm.name, observed(vm.name, world.get(vm.name))])),
    resources: RESOURCES,
    images: new Map(vms.map((vm) => [vm.name, digestOf(vm)])),
    provision: new Map(vms.map((vm) => [vm.name, vm.provision])),
    options,
  });
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
        world.set(name, { ...machine, disk: { ...machine.disk, size }, config, state: 'starting' });
        return;
      }
      case 'ready':
        if (!up(there(name))) throw new Error(`${name} does not run`);
        world.set(name, { ...there(name), state: 'running' });
        return;
      case 'provision':
        if (there(name).state !== 'running') throw new Error(`${name} is not ready`);
        world.set(name, { ...there(name), provisioned: declared(name).provision });
        return;
      case 'health':
        if (there(name).state !== 'running') throw new Error(`${name} is not ready`);
        return;
      case 'stop':
        world.set(name, { ...there(name), state: 'stopped' });
    }
  };
  const one = async (step: Step): Promise<void> => {
    before(step);
    // Others get their turn, as they do while a real step waits.
    await Promise.resolve();
    act(step);
  };
  return { image: one, create: one, delete: one, start: one, ready: one, provision: one, health: one, stop: one };
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
        provisioned: fc.constantFrom([], ['one']),
      })
      .map(({ was, state, recorded, provisioned }): Machine => {
        const up = state === 'starting' || state === 'running';
        return {
          disk: { image: digestOf(was), size: was.storage },
          config: up || recorded ? was : null,
          state,
          provisioned,
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
export const NONE: PlanOptions = { restart: false, recreate: new Set() };
export const isUp = (machine: Machine | undefined): boolean =>
  machine?.state === 'starting' || machine?.state === 'running';
