import {
  Composer,
  Lexer,
  Parser,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  visit,
  type Document,
  type ParsedNode,
  type YAMLMap,
} from 'yaml';
import type { Parsed, Report } from './source.ts';
import { MAX_DEPTH, MAX_NODES, type Node, type Path, type Span, type Spans } from './tree.ts';
import { explainYaml } from './yaml-errors.ts';

/** Two entries of the parser's stack for each level; lexemes are words, brackets, blanks and line ends. */
const MAX_STACK = 4 * MAX_DEPTH;
const MAX_LEXEMES = 60_000;

/** Ends parsing: what follows would only repeat it. */
class Refused extends Error {
  readonly span: Span;
  readonly hint: string | undefined;
  constructor(message: string, span: Span, hint?: string) {
    super(message);
    this.span = span;
    this.hint = hint;
  }
}

/**
 * A YAML 1.2 file as values with places; aliases and merge keys are resolved. Faults go to the report, and then the
 * result may be undefined. Input made to exhaust memory or the stack is refused while it is read.
 */
export function parseYaml(text: string, report: Report): Parsed | undefined {
  try {
    const document = compose(text, report);
    if (!document || report.failed) return undefined;
    const [root, spans] = new Converter(document).convert(document.contents, [], undefined, 0);
    return { root, spans: () => spans };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    report.add('error', 'config.syntax', report.source.position(error.span), error.message, error.hint);
    return undefined;
  }
}

function compose(text: string, report: Report): Document.Parsed | undefined {
  const composer = new Composer({
    stringKeys: true,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  let first: Document.Parsed | undefined;
  for (const document of composer.compose(tokens(text), true, text.length)) {
    if (first) {
      const start = document.range[0];
      throw new Refused(
        'more than one document in the file',
        { start, end: start + 3 },
        'Keep the part above `---` or the part below.',
      );
    }
    first = document;
  }
  for (const fault of [...(first?.errors ?? []), ...(first?.warnings ?? [])].slice(0, 20)) {
    const { message, hint } = explainYaml(fault);
    const [start, end] = fault.pos;
    report.add(
      'error',
      'config.syntax',
      report.source.position({ start, end: lineEnd(text, start, end) }),
      message,
      hint,
    );
  }
  return first;
}

/** An underline ends with its line. */
const lineEnd = (text: string, start: number, end: number): number => {
  const newline = text.indexOf('\n', start);
  return newline === -1 ? end : Math.min(end, Math.max(newline, start + 1));
};

function* tokens(text: string): ReturnType<Parser['parse']> {
  const parser = new Parser();
  let count = 0;
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme);
    const span = { start: Math.min(parser.offset, text.length), end: parser.offset + 1 };
    if (parser.stack.length > MAX_STACK) throw new Refused(`nested more than ${MAX_DEPTH} levels deep`, span);
    if (++count > MAX_LEXEMES) throw new Refused('too much in one file', span, TOO_MUCH);
  }
  yield* parser.end();
}

const TOO_MUCH = 'A configuration declares a few machines: is this the right file?';

/** Of a scalar, which most values are. */
const NO_PARTS: Spans['children'] = new Map();

/** The library's own conversion keeps no places and lets aliases multiply. */
class Converter {
  readonly #targets: ReadonlyMap<object, ParsedNode>;
  readonly #open = new Set<object>();
  #count = 0;

  constructor(document: Document.Parsed) {
    this.#targets = aliasTargets(document);
  }

  convert(given: ParsedNode | null, at: Path, key: Span | undefined, from: number): [Node, Spans] {
    const span = given ? { start: given.range[0], end: given.range[1] } : { start: from, end: from };
    const node = this.#resolve(given);
    if (++this.#count > MAX_NODES)
      throw new Refused('too much in one file', span, `${TOO_MUCH} Aliases count as often as they are used.`);
    if (at.length > MAX_DEPTH) throw new Refused(`nested more than ${MAX_DEPTH} levels deep`, span);
    const spans = (children: Spans['children']): Spans => {
      const value = node && node !== given ? { start: node.range[0], end: node.range[1] } : span;
      return { value, children, ...(key && { key }) };
    };
    if (node === null) return [{ kind: 'scalar', at, value: null }, spans(NO_PARTS)];
    if (isScalar(node)) return [{ kind: 'scalar', at, value: plain(node.value, span) }, spans(NO_PARTS)];
    if (this.#open.has(node))
      throw new Refused('an alias that contains itself', span, 'Remove the alias from inside its anchor.');
    this.#open.add(node);
    const children = new Map<string | number, Spans>();
    const result = isMap(node) ? this.#map(node, at, children) : this.#list(node, at, children);
    this.#open.delete(node);
    return [result, spans(children)];
  }

  #list(node: ParsedNode, at: Path, children: Map<string | number, Spans>): Node {
    const items = isSeq(node) ? (node.items as (ParsedNode | null)[]) : [];
    return {
      kind: 'list',
      at,
      items: items.map((item, index) => {
        const [child, spans] = this.convert(item, [...at, index], undefined, node.range[0]);
        children.set(index, spans);
        return child;
      }),
    };
  }

  #map(node: YAMLMap, at: Path, children: Map<string | number, Spans>): Node {
    const entries = new Map<string, Node>();
    const merged: (ParsedNode | null)[] = [];
    for (const pair of node.items) {
      const keyNode = pair.key as ParsedNode | null;
      const name = isScalar(keyNode) ? keyNode.value : undefined;
      const value = pair.value as ParsedNode | null;
      if (name === '<<' && isScalar(keyNode) && keyNode.type === 'PLAIN') {
        merged.push(value);
        continue;
      }
      const key = keyNode ? { start: keyNode.range[0], end: keyNode.range[1] } : { start: 0, end: 0 };
      if (typeof name !== 'string') throw new Refused('a key must be plain text', key);
      if (entries.has(name)) {
        throw new Refused(`\`${name}\` is set twice in the same mapping`, key, 'Remove one of the two.');
      }
      const [child, spans] = this.convert(value, [...at, name], key, key.end);
      entries.set(name, child);
      children.set(name, spans);
    }
    for (const source of merged) this.#merge(source, at, entries, children);
    return { kind: 'map', at, entries };
  }

  /** `<<`: entries of other mappings, where there are none of its own; the first source wins. */
  #merge(source: ParsedNode | null, at: Path, entries: Map<string, Node>, children: Map<string | number, Spans>): void {
    const node = this.#resolve(source);
    const range = source?.range ?? [0, 0];
    const list = isSeq(node) ? (node.items as (ParsedNode | null)[]) : [source];
    for (const item of list) {
      if (!isMap(this.#resolve(item))) {
        throw new Refused(
          '`<<` takes a mapping or a list of mappings',
          { start: range[0], end: range[1] },
          'Write `<<: *name`, where `&name` marks a mapping.',
        );
      }
      const [child, spans] = this.convert(item, at, undefined, range[0]);
      if (child.kind !== 'map') continue;
      for (const [name, value] of child.entries) {
        if (entries.has(name)) continue;
        entries.set(name, value);
        const place = spans.children.get(name);
        if (place) children.set(name, place);
      }
    }
  }

  #resolve(node: ParsedNode | null): ParsedNode | null {
    if (!isAlias(node)) return node;
    const target = this.#targets.get(node);
    const span = { start: node.range[0], end: node.range[1] };
    if (!target)
      throw new Refused(
        `there is no anchor \`&${node.source}\` before this alias`,
        span,
        'An anchor comes first. Put the text in quotes if it is no alias.',
      );
    return target;
  }
}

/** What each alias stands for, in one pass: the library looks through the whole file for every one. */
function aliasTargets(document: Document.Parsed): ReadonlyMap<object, ParsedNode> {
  const anchors = new Map<string, ParsedNode>();
  const targets = new Map<object, ParsedNode>();
  visit(document, {
    Alias: (_, alias) => {
      const target = anchors.get(alias.source);
      if (target) targets.set(alias, target);
    },
    Value: (_, node) => {
      if (node.anchor !== undefined) anchors.set(node.anchor, node as ParsedNode);
    },
  });
  return targets;
}

function plain(value: unknown, span: Span): string | number | boolean | null {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Refused('this number is not finite', span);
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  throw new Refused(
    'only text, numbers, true, false, lists and mappings are understood',
    span,
    'Put the value in quotes.',
  );
}
