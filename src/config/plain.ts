/** Files as plain JSON, for whoever has them in that form already. Pure. */
import { keysIn } from './layers.ts';
import { mergeMaps } from './merge.ts';
import { shapeMachine } from './shape.ts';
import { Report, Source } from './source.ts';
import { entry, toJson, type MapNode, type Node, type Path } from './tree.ts';

/** What relative paths and `~` count from. */
export interface Where {
  readonly dir: string;
  readonly home: string;
}

/** One file laid over another, machines in their canonical form, by the rules of override files. */
export function mergePlain(lower: unknown, upper: unknown, { dir, home }: Where): unknown {
  const keys = keysIn({ dir, home, bases: new Map() });
  return toJson(mergeMaps(fileOf(lower), fileOf(upper), keys));
}

function fileOf(value: unknown): MapNode {
  const root = fromJson(value, []);
  if (root.kind !== 'map') throw new TypeError('a configuration is a mapping');
  // What is wrong with a form is told by whoever loads the file.
  const report = new Report(new Source('', ''));
  const entries = new Map(root.entries);
  const defaults = entries.get('defaults');
  if (defaults) entries.set('defaults', shapeMachine(defaults, report));
  const vms = entry(root, 'vms');
  if (vms?.kind === 'map') {
    const shaped = [...vms.entries].map(([name, vm]) => [name, shapeMachine(vm, report)] as const);
    entries.set('vms', { ...vms, entries: new Map(shaped) });
  }
  return { ...root, entries };
}

function fromJson(value: unknown, at: Path): Node {
  if (Array.isArray(value)) return { kind: 'list', at, items: value.map((item, n) => fromJson(item, [...at, n])) };
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, child]) => [key, fromJson(child, [...at, key])] as const);
    return { kind: 'map', at, entries: new Map(entries) };
  }
  const known = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return { kind: 'scalar', at, value: known ? value : null };
}
