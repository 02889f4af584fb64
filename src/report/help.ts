/** The help of a verb: drawn for a terminal from the same data that the manual is made of. */
import { displayWidth, wrap } from './width.ts';
import type { Style } from './style.ts';

/** A term and what it means. */
export type Row = readonly [term: string, meaning: string];

export interface VerbDoc {
  /** `ai-vm up`, or `ai-vm snapshot save`. */
  readonly name: string;
  /** `[options] [vm...]` */
  readonly usage: string;
  /** One sentence; that of a verb below another one has no full stop. */
  readonly summary: string;
  /** Paragraphs, an empty line between them. */
  readonly about: string;
  readonly arguments: readonly Row[];
  readonly options: readonly Row[];
  /** Options that every verb takes. */
  readonly globals: readonly Row[];
  /** Verbs below this one. */
  readonly commands: readonly VerbDoc[];
  /** A command line and what it does. */
  readonly examples: readonly Row[];
  /** Exit codes. */
  readonly exits: readonly Row[];
}

/** Lines longer than this are hard to read, however wide the terminal is. */
const WIDEST = 100;
const NARROWEST = 40;
/** A longer term has a line of its own. */
const TERM = 28;

export interface OverviewDoc {
  readonly usage: string;
  readonly about: string;
  /** Verbs with their summaries, by the title of their group. */
  readonly groups: readonly (readonly [title: string, verbs: readonly Row[]])[];
  readonly options: readonly Row[];
  readonly exits: readonly Row[];
}

const widthFor = (columns: number): number => Math.max(NARROWEST, Math.min(WIDEST, columns));

function section(title: string, lines: readonly string[], { paint }: Style): string[] {
  return lines.length === 0 ? [] : [`${paint.bold(`${title}:`)}\n${lines.join('\n')}`];
}

function drawn(parts: readonly string[], { unicode }: Style): string {
  const text = `${parts.join('\n\n')}\n`;
  return unicode ? text : text.replaceAll('’', "'").replaceAll('…', '...');
}

/** All verbs. With a newline at its end. `columns`: of the terminal, or Infinity. */
export function renderOverview(doc: OverviewDoc, columns: number, style: Style): string {
  const width = widthFor(columns);
  const column = columnOf(doc.groups.flatMap(([, verbs]) => verbs));
  const groups = doc.groups.flatMap(([title, verbs]) => section(title, rows(verbs, width, column), style));
  return drawn(
    [
      `${style.paint.bold('Usage:')} ${doc.usage}`,
      paragraphs(doc.about, width),
      ...groups,
      ...section('Options', rows(doc.options, width), style),
      ...section('Exit codes', rows(doc.exits, width), style),
    ],
    style,
  );
}

/** One verb. With a newline at its end. `columns`: of the terminal, or Infinity. */
export function renderHelp(doc: VerbDoc, columns: number, style: Style): string {
  const width = widthFor(columns);
  const commands = doc.commands.map(({ name, usage, summary }): Row => [withUsage(last(name), usage), summary]);
  const examples = doc.examples.flatMap(([command, what]) => [
    `  ${command}`,
    ...wrap(what, width - 6).map((line) => style.paint.dim(`      ${line}`)),
  ]);
  const parts = [
    `${style.paint.bold('Usage:')} ${withUsage(doc.name, doc.usage)}`,
    paragraphs(doc.summary.replace(/\.?$/, '.'), width),
    ...(doc.about === '' ? [] : [paragraphs(doc.about, width)]),
    ...section('Arguments', rows(doc.arguments, width), style),
    ...section('Commands', rows(commands, width), style),
    ...section('Options', rows(doc.options, width), style),
    ...section('Options of every verb', rows(doc.globals, width), style),
    ...section('Examples', examples, style),
    ...section('Exit codes', rows(doc.exits, width), style),
  ];
  return drawn(parts, style);
}

const last = (name: string): string => name.slice(name.lastIndexOf(' ') + 1);

const withUsage = (name: string, usage: string): string => `${name} ${usage}`.trimEnd();

const paragraphs = (text: string, width: number): string =>
  text
    .split('\n\n')
    .map((paragraph) => wrap(paragraph.replaceAll('\n', ' '), width).join('\n'))
    .join('\n\n');

const columnOf = (list: readonly Row[]): number =>
  Math.max(0, ...list.map(([term]) => displayWidth(term)).filter((term) => term <= TERM)) + 2;

/** Terms in one column and what they mean in the next; one under the other where there is no room. */
function rows(list: readonly Row[], width: number, column = columnOf(list)): string[] {
  const room = width - 2 - column;
  if (room < NARROWEST / 2) {
    return list.flatMap(([term, meaning]) => [`  ${term}`, ...wrap(meaning, width - 6).map((line) => `      ${line}`)]);
  }
  return list.flatMap(([term, meaning]) => {
    const lines = wrap(meaning, room);
    const indent = `  ${' '.repeat(column)}`;
    if (displayWidth(term) > TERM) return [`  ${term}`, ...lines.map((line) => `${indent}${line}`)];
    const [first = '', ...rest] = lines;
    return [`  ${term.padEnd(column)}${first}`.trimEnd(), ...rest.map((line) => `${indent}${line}`)];
  });
}
