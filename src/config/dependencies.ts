import { closest } from '../model/closest.ts';
import type { Dependency, VmConfig } from '../model/desired.ts';
import { quote } from './outcome.ts';
import type { Report } from './source.ts';
import { entry, showPath, toJson, type Node } from './tree.ts';

/** A dependency with its place in the file. */
export interface PlacedDependency extends Dependency {
  readonly node: Node;
}

/** `depends_on` of a machine in its canonical form, sorted by name. */
export function readDependencies(node: Node | undefined): PlacedDependency[] {
  if (node?.kind !== 'map') return [];
  const read = [...node.entries].map(([vm, item]): PlacedDependency => {
    const condition = entry(item, 'condition');
    return {
      vm,
      condition: condition ? (toJson(condition) as Dependency['condition']) : 'ready',
      node: item,
    };
  });
  return read.sort((a, b) => (a.vm < b.vm ? -1 : 1));
}

/** Machines that are waited for must be there, and none may wait for itself in the end. */
export function reportDependencies(machines: ReadonlyMap<string, readonly PlacedDependency[]>, report: Report): void {
  for (const dependencies of machines.values()) {
    for (const { vm, node } of dependencies) {
      if (machines.has(vm)) continue;
      const near = closest(vm, [...machines.keys()]);
      const hint = near === undefined ? 'Name a machine under `vms`.' : `Did you mean ${near}?`;
      report.error('config.unknown-machine', node.at, `${showPath(node.at)}: there is no machine ${quote(vm)}`, hint);
    }
  }
  const done = new Set<string>();
  for (const vm of machines.keys()) {
    const cycle = cycleFrom(vm, machines, done, []);
    if (!cycle) continue;
    const { node, names } = cycle;
    report.error(
      'config.cycle',
      node.at,
      `${showPath(node.at)}: machines wait for each other: ${names.join(' → ')}`,
      'Take one of them out.',
    );
    return;
  }
}

/** What a condition is about: without it, it never comes true. */
const ABOUT: Readonly<Record<Dependency['condition'], 'healthcheck' | 'provision' | null>> = {
  ...{ started: null, ready: null },
  healthy: 'healthcheck',
  completed: 'provision',
};

/** A machine that waits for what another one never becomes. */
export function reportVainConditions(
  machines: readonly { readonly vm: VmConfig; readonly dependencies: readonly PlacedDependency[] }[],
  report: Report,
): void {
  const byName = new Map(machines.map(({ vm }) => [vm.name, vm]));
  for (const { vm: name, condition, node } of machines.flatMap(({ dependencies }) => dependencies)) {
    const other = byName.get(name);
    const field = ABOUT[condition];
    if (!other || field === null) continue;
    const has = field === 'healthcheck' ? other.healthcheck !== null : other.provision.length > 0;
    if (has || report.blamesSome(field)) continue;
    const message = `${showPath(node.at)}: ${name} never becomes ${condition}, as it has no \`${field}\``;
    report.error('config.value', node.at, message, `Give ${name} one, or wait until it is ready.`);
  }
}

interface Cycle {
  readonly node: Node;
  readonly names: readonly string[];
}

function cycleFrom(
  vm: string,
  machines: ReadonlyMap<string, readonly PlacedDependency[]>,
  done: Set<string>,
  above: readonly string[],
): Cycle | null {
  if (done.has(vm)) return null;
  const here = [...above, vm];
  for (const next of machines.get(vm) ?? []) {
    if (here.includes(next.vm)) return { node: next.node, names: [...here.slice(here.indexOf(next.vm)), next.vm] };
    const found = cycleFrom(next.vm, machines, done, here);
    if (found) return found;
  }
  done.add(vm);
  return null;
}
