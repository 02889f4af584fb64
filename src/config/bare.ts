/** Configurations that no text says. */
import type { Parsed } from './source.ts';
import { entry, type MapNode, type Node } from './tree.ts';

const map = (entries: readonly (readonly [string, Node])[]): MapNode => ({
  ...{ kind: 'map', at: [] },
  entries: new Map(entries),
});

/** The least that declares these machines. */
export const bareRoot = (vms: readonly string[]): Parsed => ({
  root: map([['vms', map(vms.map((name) => [name, map([])]))]]),
  spans: () => undefined,
});

/** Names of the machines that it has. */
export function machinesOf({ root }: Parsed): string[] {
  const vms = entry(root, 'vms');
  return vms?.kind === 'map' ? [...vms.entries.keys()] : [];
}

/** The same file, with a machine that has nothing of its own if it has none of that name. */
export function addMachine(parsed: Parsed, name: string): Parsed {
  const { root } = parsed;
  const vms = entry(root, 'vms');
  if (root.kind !== 'map' || vms?.kind !== 'map' || vms.entries.has(name)) return parsed;
  const more: MapNode = { ...vms, entries: new Map([...vms.entries, [name, map([])]]) };
  return { ...parsed, root: { ...root, entries: new Map([...root.entries, ['vms', more]]) } };
}
