import { shapeTest } from './health.ts';
import type { Report } from './source.ts';
import { entry, showPath, type ListNode, type MapNode, type Node } from './tree.ts';

/** Lists of names that may be mappings of names to settings. */
const NAMED = ['agents', 'depends_on', 'networks'];

/**
 * A machine with each field in its one canonical form, so that merging need not know the short ones: `env` and `labels`
 * are mappings, a health check's test is one command, `packages` is a mapping of lists, `agents`, `depends_on` and
 * `networks` are mappings of settings, nothing is an empty mapping.
 */
export function shapeMachine(node: Node, report: Report): MapNode {
  if (node.kind !== 'map') return { kind: 'map', at: node.at, entries: new Map() };
  const entries = new Map(node.entries);
  for (const key of ['env', 'labels']) replace(entries, key, (list) => pairs(list, report));
  replace(entries, 'packages', (list) => ({
    ...list,
    kind: 'map',
    entries: new Map([
      ['debian', list],
      ['nixos', list],
    ]),
  }));
  for (const key of NAMED) replace(entries, key, named);
  const health = entries.get('healthcheck');
  const test = entry(health, 'test');
  if (health?.kind === 'map' && test?.kind === 'list') {
    entries.set('healthcheck', { ...health, entries: new Map([...health.entries, ['test', shapeTest(test, report)]]) });
  }
  for (const key of NAMED) {
    const settings = entries.get(key);
    if (settings?.kind === 'map') entries.set(key, withSettings(settings));
  }
  return { ...node, entries };
}

function replace(entries: Map<string, Node>, key: string, make: (list: ListNode) => MapNode): void {
  const node = entries.get(key);
  if (node?.kind === 'list') entries.set(key, make(node));
}

/** `NAME=VALUE`; a `NAME` alone has no value, which is not the empty one. */
function pairs(list: ListNode, report: Report): MapNode {
  const entries = new Map<string, Node>();
  for (const item of list.items) {
    if (item.kind !== 'scalar') continue;
    const [, name = '', value] = /^([^=]*)(?:=(.*))?$/s.exec(String(item.value)) ?? [];
    if (entries.has(name)) {
      report.error(
        'config.duplicate',
        item.at,
        `${showPath(list.at)}: \`${name}\` is set twice`,
        'Remove one of the two.',
      );
    }
    entries.set(name, { ...item, value: value ?? null });
  }
  return { kind: 'map', at: list.at, entries };
}

/** Names, or mappings of names to settings. */
function named(list: ListNode): MapNode {
  const entries = new Map<string, Node>();
  for (const item of list.items) {
    if (item.kind === 'scalar') {
      const name = String(item.value);
      if (!entries.has(name)) entries.set(name, { kind: 'map', at: item.at, entries: new Map() });
    } else if (item.kind === 'map') {
      for (const [name, settings] of item.entries) entries.set(name, settings);
    }
  }
  return { kind: 'map', at: list.at, entries };
}

function withSettings(node: MapNode): MapNode {
  const settings = ([name, child]: [string, Node]): [string, Node] => [
    name,
    child.kind === 'map' ? child : { kind: 'map', at: child.at, entries: new Map() },
  ];
  return { ...node, entries: new Map([...node.entries].map(settings)) };
}
