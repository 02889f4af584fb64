import { showPath, type ListNode, type MapNode, type Node } from './tree.ts';

/** Lists whose entries have a key, by the name of their field. An entry without a key (null) is never replaced. */
export type Keys = Readonly<Record<string, (item: Node) => string | null>>;

/**
 * `upper` over `lower`: mappings key by key, lists with keys entry by entry, other lists one after the other with the lower's
 * entries first, anything else as `upper` says. Entries keep the place in the file that they come from. What `upper` names in
 * `unset` is not taken from `lower`.
 */
export function mergeMaps(lower: MapNode, upper: MapNode, keys: Keys = {}): MapNode {
  const entries = new Map(without(lower, unsetOf(upper)).entries);
  for (const [name, value] of upper.entries) {
    const below = entries.get(name);
    entries.set(name, below ? mergeNodes(below, value, keys, name) : value);
  }
  return { ...upper, entries };
}

function mergeNodes(lower: Node, upper: Node, keys: Keys, name: string): Node {
  if (lower.kind === 'map' && upper.kind === 'map') return mergeMaps(lower, upper, keys);
  if (lower.kind !== 'list' || upper.kind !== 'list') return upper;
  const keyOf = Object.hasOwn(keys, name) ? keys[name] : undefined;
  return keyOf ? mergeKeyed(lower, upper, keyOf) : { ...upper, items: [...lower.items, ...upper.items] };
}

/** An entry takes the place of the one with its key; the others follow. */
function mergeKeyed(lower: ListNode, upper: ListNode, keyOf: (item: Node) => string | null): ListNode {
  const over = new Map(upper.items.flatMap((item) => (keyOf(item) === null ? [] : [[keyOf(item), item] as const])));
  const replaced = new Set<Node>();
  const items = lower.items.map((item) => {
    const found = over.get(keyOf(item));
    if (!found) return item;
    const first = !replaced.has(found);
    replaced.add(found);
    return first ? found : null;
  });
  return {
    ...upper,
    items: [...items.filter((item) => item !== null), ...upper.items.filter((item) => !replaced.has(item))],
  };
}

/** Names of fields, such as `ports` or `env.EDITOR`. */
export function unsetOf(node: MapNode): string[] {
  const list = node.entries.get('unset');
  return list?.kind === 'list'
    ? list.items.flatMap((item) => (item.kind === 'scalar' ? [String(item.value)] : []))
    : [];
}

function without(node: MapNode, names: readonly string[], above = ''): MapNode {
  if (names.length === 0) return node;
  const entries = [...node.entries].flatMap(([key, value]): [string, Node][] => {
    const name = `${above}${showPath([key])}`;
    if (names.includes(name)) return [];
    return [[key, value.kind === 'map' ? without(value, names, `${name}.`) : value]];
  });
  return { ...node, entries: new Map(entries) };
}
