/** The text of a file with secrets masked, sign for sign: places in it stay what they are. Pure. */
import { isSecret, LEAST } from './secrets.ts';
import type { Span, Spans } from './tree.ts';

export interface Written {
  readonly name: string;
  /** Without quotes. */
  readonly value: string;
  readonly span: Span;
}

/** Secrets that a parsed file says itself: beside their names, and in lists of NAME=VALUE. A variable alone tells nothing. */
export function secretsIn(text: string, spans: Spans, named: readonly string[]): Written[] {
  const found: Written[] = [];
  const note = (name: string, { start, end }: Span): void => {
    if (!named.includes(name) && !(name === name.toUpperCase() && isSecret(name, named))) return;
    const value = text.slice(start, end).replace(/^(["'])([^]*)\1$/, '$2');
    if (value !== '' && !/^\$(\w+|\{\w+(:?\?[^{}]*)?\})$/.test(value))
      found.push({ name, value, span: { start, end } });
  };
  const visit = (key: string | number, { value, children }: Spans): void => {
    for (const [name, child] of children) visit(name, child);
    if (children.size > 0) return;
    if (typeof key === 'string') {
      note(key, value);
      return;
    }
    const [head = '', name = ''] = /^["']?([A-Za-z_]\w*)=/.exec(text.slice(value.start, value.end)) ?? [];
    if (name !== '') note(name, { start: value.start + head.length, end: value.end });
  };
  for (const [name, child] of spans.children) visit(name, child);
  return found;
}

const stars = (text: string): string => text.replaceAll(/\S/g, '*');

/** @param secrets of all files: their values are hidden wherever they have got to */
export function maskedText(text: string, own: readonly Written[], secrets: readonly Written[]): string {
  let shown = text;
  for (const { span } of own)
    shown = shown.slice(0, span.start) + stars(shown.slice(span.start, span.end)) + shown.slice(span.end);
  const values = [...new Set(secrets.map(({ value }) => value))].filter((value) => value.length >= LEAST);
  return values
    .sort((a, b) => b.length - a.length)
    .reduce((hidden, value) => hidden.replaceAll(value, stars(value)), shown);
}

/** Of a file that cannot be parsed: of each line what follows the name of a secret. */
export function maskedLines(text: string, named: readonly string[]): string {
  return text.replaceAll(/^.*$/gm, (line) => {
    for (const { 0: head, 1: name = '', index } of line.matchAll(/([A-Za-z_]\w*)["']?[^\S\n]*[=:]/g)) {
      const isOne = named.includes(name) || (name === name.toUpperCase() && isSecret(name, named));
      if (isOne) return line.slice(0, index + head.length) + stars(line.slice(index + head.length));
    }
    return line;
  });
}
