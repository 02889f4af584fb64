import type { MapNode, Node } from './tree.ts';

/**
 * `upper` over `lower`: mappings key by key, lists one after the other with the lower's entries first, anything else as
 * `upper` says. Entries keep the place in the file that they come from.
 */
export function merge(lower: Node, upper: Node): Node {
  if (lower.kind === 'map' && upper.kind === 'map') return mergeMaps(lower, upper);
  if (lower.kind === 'list' && upper.kind === 'list') return { ...upper, items: [...lower.items, ...upper.items] };
  return upper;
}

export function mergeMaps(lower: MapNode, upper: MapNode): MapNode {
  const entries = new Map(lower.entries);
  for (const [key, value] of upper.entries) {
    const below = entries.get(key);
    entries.set(key, below ? merge(below, value) : value);
  }
  return { ...upper, entries };
}
