import TOML from '@iarna/toml';
import { ParseError, parseTOML, type AST } from 'toml-eslint-parser';
import type { Parsed, Report } from './source.ts';
import { MAX_DEPTH, MAX_NODES, type Node, type Path, type Span, type Spans } from './tree.ts';

/** The parser that knows places takes seconds above this size: then a fault is told without its place. */
const MAX_SPANS = 256 * 1024;

/** A TOML 1.0 file as values with places. Faults go to the report, and then the result is undefined. */
export function parseToml(given: string, report: Report): Parsed | undefined {
  const text = given.replace(/^\uFEFF/u, ' ');
  let table: unknown;
  try {
    table = TOML.parse(text);
  } catch (error) {
    if (!isTomlError(error)) throw error;
    reportSyntax(text, error, report);
    return undefined;
  }
  let spans: Spans | undefined | null = null;
  const locate = (): Spans | undefined => (spans === null ? (spans = spansOf(text)) : spans);
  const root = new Converter(report, locate).convert(table, []);
  return report.failed ? undefined : { root, spans: locate };
}

interface TomlFault extends Error {
  readonly pos?: number;
}

const isTomlError = (error: unknown): error is TomlFault => error instanceof Error && 'fromTOML' in error;

type Words = readonly [RegExp, string, string?];

const MISSING: Words = [/Key without value/, 'a value is missing', 'Write `key = value`.'];

const WORDS: readonly Words[] = [
  [/redefine/, 'this key is already set', 'Remove one of the two, or give a table its header only once.'],
  MISSING,
  [/end of line/, 'something is left over behind the value', 'One `key = value` for each line; text needs quotes.'],
  [/Trailing commas/, 'a comma before the closing `}`', 'Inline tables end without one.'],
  [/Unterminated string/, 'the closing quote is missing'],
  [/Unterminated inline array/, 'the closing bracket is missing, or an inline table goes over several lines'],
  [
    /boolean|Unexpected character|Unknown character|parse|number/i,
    'this is no value',
    'Text needs quotes: key = "text".',
  ],
  [/escape/i, 'unknown escape sequence', "Write `\\\\` for a backslash, or use single quotes: 'C:\\dir'."],
];

function reportSyntax(text: string, error: TomlFault, report: Report): void {
  const own = error.message.split('\n')[0]!.replace(/ at row \d+, col \d+, pos \d+:?$/, '');
  const place = Math.max(0, Math.min(exactPlace(text) ?? (error.pos ?? 1) - 1, text.length));
  const before = text.slice(0, place).trimEnd();
  const missing = before.endsWith('=') && /^\s*?(\n|$)/.test(text.slice(before.length, place + 1));
  const [, message, hint] = missing ? MISSING : (WORDS.find(([pattern]) => pattern.test(own)) ?? [null, own]);
  const start = missing ? before.length - 1 : place;
  report.add('error', 'config.syntax', report.source.position({ start, end: start + 1 }), message, hint);
}

/** The parser for values says where it gave up; this one says where the fault is. */
function exactPlace(text: string): number | undefined {
  if (text.length > MAX_SPANS) return undefined;
  try {
    parseTOML(text, { tomlVersion: '1.0' });
  } catch (error) {
    if (error instanceof ParseError) return error.index;
  }
  return undefined;
}

class Converter {
  readonly #report: Report;
  readonly #spans: () => Spans | undefined;
  #count = 0;

  constructor(report: Report, spans: () => Spans | undefined) {
    this.#report = report;
    this.#spans = spans;
  }

  convert(value: unknown, at: Path): Node {
    if (at.length > MAX_DEPTH) return this.#refuse(at, `nested more than ${MAX_DEPTH} levels deep`);
    if (++this.#count > MAX_NODES)
      return this.#refuse(
        [],
        'too much in one file',
        'A configuration declares a few machines: is this the right file?',
      );
    if (Array.isArray(value))
      return { kind: 'list', at, items: value.map((item, index) => this.convert(item, [...at, index])) };
    if (Object.prototype.toString.call(value) === '[object Date]')
      return this.#refuse(at, 'dates and times have no meaning here', 'Put the value in quotes.');
    if (typeof value === 'object' && value !== null) {
      return {
        kind: 'map',
        at,
        entries: new Map(Object.entries(value).map(([key, child]) => [key, this.convert(child, [...at, key])])),
      };
    }
    if (typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value))) {
      return this.#refuse(at, 'this number is too large, or none at all');
    }
    const known = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return { kind: 'scalar', at, value: known ? value : null };
  }

  #refuse(at: Path, message: string, hint?: string): Node {
    // The first is enough where there are thousands.
    if (this.#report.diagnostics.length < 20) {
      let spans = this.#spans();
      for (const step of at) spans = spans?.children.get(step) ?? spans;
      const position = spans && this.#report.source.position(spans.value);
      this.#report.add('error', 'config.syntax', position, message, hint);
    }
    return { kind: 'scalar', at, value: null };
  }
}

/** Mutable while it is put together. */
interface Building {
  value: Span;
  key?: Span;
  readonly children: Map<string | number, Building>;
}

function spansOf(text: string): Spans | undefined {
  if (text.length > MAX_SPANS) return undefined;
  try {
    const program = parseTOML(text, { tomlVersion: '1.0' });
    const root: Building = { value: { start: 0, end: text.length }, children: new Map() };
    for (const item of program.body[0].body) {
      if (item.type === 'TOMLKeyValue') addPair(root, item);
      else addTable(root, item);
    }
    return root;
  } catch (error) {
    // The two parsers may disagree about a file at the edge of the language; a deep one overflows the stack.
    if (error instanceof ParseError || error instanceof RangeError) return undefined;
    throw error;
  }
}

const spanOf = (node: AST.TOMLNode): Span => ({ start: node.range[0], end: node.range[1] });

function child(parent: Building, step: string | number, span: Span, key?: Span): Building {
  const found = parent.children.get(step);
  if (found) return found;
  const made: Building = { value: span, children: new Map(), ...(key && { key }) };
  parent.children.set(step, made);
  return made;
}

/** `[a.b]` and `[[a.b]]`: the header stands for the value. */
function addTable(root: Building, table: AST.TOMLTable): void {
  const keys = table.key.keys.map(spanOf);
  let at = root;
  let word = 0;
  for (const step of table.resolvedKey) {
    const span = typeof step === 'number' ? spanOf(table.key) : (keys[word++] ?? spanOf(table.key));
    at = child(at, step, span, typeof step === 'number' ? undefined : span);
  }
  for (const pair of table.body) addPair(at, pair);
}

function addPair(parent: Building, pair: AST.TOMLKeyValue): void {
  let at = parent;
  for (const key of pair.key.keys) {
    const name = key.type === 'TOMLBare' ? key.name : key.value;
    at = child(at, name, spanOf(key), spanOf(key));
  }
  addValue(at, pair.value);
}

function addValue(at: Building, node: AST.TOMLContentNode): void {
  at.value = spanOf(node);
  if (node.type === 'TOMLArray') node.elements.forEach((item, index) => addValue(child(at, index, spanOf(item)), item));
  if (node.type === 'TOMLInlineTable') for (const pair of node.body) addPair(at, pair);
}
