/** What a parser makes of a file: plain values that know where they stand in it. */

/** Keys of mappings and indexes of lists, from the top of a file: of the project's own where none is named. */
export interface Path extends ReadonlyArray<string | number> {
  readonly file?: string;
}

/** The same place in a file of this name. */
const inFile = (path: Path, file: string): Path => Object.assign([...path], { file });

/** A tree that knows which file it stands in, wherever it is merged to. */
export function belongingTo(node: Node, file: string): Node {
  const at = inFile(node.at, file);
  if (node.kind === 'list') return { ...node, at, items: node.items.map((item) => belongingTo(item, file)) };
  if (node.kind === 'scalar') return { ...node, at };
  return { ...node, at, entries: new Map([...node.entries].map(([key, value]) => [key, belongingTo(value, file)])) };
}

export type Scalar = string | number | boolean | null;

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly at: Path;
  readonly value: Scalar;
  /** The text with variables that the value was made from, where there was one. */
  readonly template?: string;
  /** Variables of the host that it makes known to whoever reads it. */
  readonly drawn?: readonly string[];
}

export interface ListNode {
  readonly kind: 'list';
  readonly at: Path;
  readonly items: readonly Node[];
}

export interface MapNode {
  readonly kind: 'map';
  readonly at: Path;
  readonly entries: ReadonlyMap<string, Node>;
}

/** `at` is the path in the file, which merging does not change. */
export type Node = ScalarNode | ListNode | MapNode;

/** Offsets in UTF-16 units; `end` is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where a value stands, and its key if it has one, with those of its parts. */
export interface Spans {
  readonly value: Span;
  readonly key?: Span;
  readonly children: ReadonlyMap<string | number, Spans>;
}

/** Deeper than anything that means something; keeps recursion harmless. */
export const MAX_DEPTH = 64;

/** More values than any real file has, aliases counted as often as they are used. */
export const MAX_NODES = 20_000;

export const scalar = (at: Path, value: Scalar): ScalarNode => ({ kind: 'scalar', at, value });

/** Plain JSON. Prototype-less objects would surprise callers, and `__proto__` is no key to lose. */
export function toJson(node: Node): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(toJson);
  return Object.fromEntries([...node.entries].map(([key, value]) => [key, toJson(value)]));
}

/** The entry of a mapping, or undefined when there is no such entry or no mapping. */
export function entry(node: Node | undefined, key: string): Node | undefined {
  return node?.kind === 'map' ? node.entries.get(key) : undefined;
}

/** The node at a path below `node`. */
export function nodeAt(node: Node, path: Path): Node | undefined {
  let found: Node | undefined = node;
  for (const step of path) {
    if (found?.kind === 'list') found = found.items[Number(step)];
    else found = entry(found, String(step));
  }
  return found;
}

/** Whether a value comes from a flag, such as `--port`: no field of a file is called so. */
export const isFlag = (path: Path): boolean => typeof path[0] === 'string' && path[0].startsWith('--');

/** `vms.dev.ports[0]`; keys that are no plain words are quoted. What a flag gave is shown as the flag. */
export function showPath(path: Path): string {
  if (isFlag(path)) return String(path[0]);
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[\w.-]+$/.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}
