/** Which variables of the host become known, and to whom. */
import type { DrawnVariable } from '../model/desired.ts';
import { showPath, type Node } from './tree.ts';

/** What is in `node`, which `vm` sees; `*` are all machines. */
export function drawnBy(vm: string, node: Node): DrawnVariable[] {
  if (node.kind === 'list') return node.items.flatMap((item) => drawnBy(vm, item));
  if (node.kind === 'map') return [...node.entries.values()].flatMap((child) => drawnBy(vm, child));
  return drawnAt(vm, node.drawn ?? [], node);
}

/** `variables` at the place of `node`. */
export const drawnAt = (vm: string, variables: readonly string[], { at }: Node): DrawnVariable[] =>
  variables.map((variable) => ({ variable, vm, field: showPath(at) }));

/** Each once, sorted. */
export function distinct(drawn: readonly DrawnVariable[]): DrawnVariable[] {
  const seen = new Map(drawn.map((item) => [`${item.variable} ${item.field} ${item.vm}`, item]));
  return [...seen].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
}
