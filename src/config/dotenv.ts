/** Files of variables, `.env` and such, by Compose's rules. Pure. */
import { substitute, TemplateError, type Lookup } from './template.ts';

export interface DotenvVariable {
  readonly value: string;
  /** Variables from outside of the file whose values are in this one. */
  readonly drawn: readonly string[];
  /** Offset of the name in the text. */
  readonly offset: number;
}

export type Dotenv = ReadonlyMap<string, DotenvVariable>;

/** `offset` and `length` are of the faulty part, in UTF-16 units of the text as it was given. */
export class DotenvError extends Error {
  readonly offset: number;
  readonly length: number;
  readonly hint: string;
  /** From 1. */
  readonly line: number;

  constructor(message: string, text: string, place: { offset: number; length: number }, hint: string) {
    const line = text.slice(0, place.offset).split('\n').length;
    super(`line ${line}: ${message}`);
    this.line = line;
    this.offset = place.offset;
    this.length = place.length;
    this.hint = hint;
  }
}

/** What no name has: a name is letters, digits and these. */
const ODD = /[^\p{L}\p{N}_.\-[\]\s]/u;
const FORM = 'A line is NAME=value, NAME="value", or NAME alone for the value of your environment.';

/**
 * @param lookup variables of the environment; they beat those of the file where one is drawn into another
 * @throws DotenvError
 */
export function parseDotenv(text: string, lookup: Lookup = () => undefined): Dotenv {
  return new Reader(text, lookup).read();
}

class Reader {
  readonly #text: string;
  readonly #outer: Lookup;
  readonly #found = new Map<string, DotenvVariable>();
  #at: number;

  constructor(text: string, outer: Lookup) {
    this.#text = text;
    this.#outer = outer;
    this.#at = text.startsWith('\uFEFF') ? 1 : 0;
  }

  read(): Dotenv {
    for (;;) {
      this.#skip(/\s*/uy);
      if (this.#at >= this.#text.length) return this.#found;
      if (this.#text[this.#at] === '#') this.#skip(/.*/uy);
      else this.#statement();
    }
  }

  #skip(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found = ''] = pattern.exec(this.#text) ?? [];
    this.#at += found.length;
    return found;
  }

  #fail(message: string, offset: number, length: number, hint = FORM): never {
    throw new DotenvError(message, this.#text, { offset, length: Math.max(1, length) }, hint);
  }

  #statement(): void {
    this.#skip(/export[^\S\n]+/uy);
    const offset = this.#at;
    const name = this.#name();
    const separator = this.#text[this.#at];
    if (separator !== '=' && separator !== ':') {
      const value = this.#outer(name);
      if (value !== undefined) this.#found.set(name, { value, drawn: [name], offset });
      return;
    }
    this.#at += 1;
    this.#skip(/[^\S\n]*/uy);
    this.#found.set(name, { ...this.#value(), offset });
  }

  #name(): string {
    const begin = this.#at;
    const line = this.#skip(/[^=:\r\n]*/uy);
    const odd = ODD.exec(line)?.[0];
    if (odd !== undefined) {
      const rest = /[^\n]*/u.exec(this.#text.slice(begin))?.[0] ?? '';
      this.#fail(
        `unexpected character ${JSON.stringify(odd)} in variable name ${JSON.stringify(rest)}`,
        begin + line.indexOf(odd),
        odd.length,
      );
    }
    const name = line.trim();
    if (/\s/u.test(name)) this.#fail('key cannot contain a space', begin, name.length);
    return name;
  }

  #value(): Omit<DotenvVariable, 'offset'> {
    const quote = this.#text[this.#at];
    const begin = this.#at;
    if (quote !== '"' && quote !== "'") {
      const raw = this.#skip(/[^\r\n]*/uy);
      return this.#expand(raw.replace(/(^|\s)#.*$/u, '').trimEnd(), begin);
    }
    this.#at += 1;
    const inner = this.#skip(quote === '"' ? /(?:[^"\\]|\\[^])*/uy : /(?:[^'\\]|\\[^])*/uy);
    if (this.#text[this.#at] !== quote) {
      this.#fail(
        'unterminated quoted value',
        begin,
        (/[^\n]*/u.exec(this.#text.slice(begin))?.[0] ?? '').length,
        `Close it with ${quote}.`,
      );
    }
    this.#at += 1;
    this.#skip(/[^\n]*/uy);
    const text = inner.replaceAll('\r\n', '\n');
    if (quote === "'") return { value: text.replaceAll(String.raw`\'`, "'"), drawn: [] };
    return this.#expand(unescape(text), begin);
  }

  #expand(template: string, offset: number): Omit<DotenvVariable, 'offset'> {
    const drawn = new Set<string>();
    const lookup: Lookup = (name) => {
      const outer = this.#outer(name);
      if (outer !== undefined) {
        drawn.add(name);
        return outer;
      }
      const own = this.#found.get(name);
      own?.drawn.forEach((each) => drawn.add(each));
      return own?.value;
    };
    try {
      return { value: substitute(template, lookup).text, drawn: [...drawn] };
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      this.#fail(error.message, offset, 1, 'Write ${NAME} or ${NAME:-default}; a dollar sign itself is written $$.');
    }
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  ...{ a: '\u0007', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
  ...{ '\\': '\\', '"': '"', $: '$$' },
};

/** Escapes of double quotes; what is none stays as it is written. */
const unescape = (text: string): string =>
  text.replaceAll(/\\(0[0-7]{1,3}|[^])/gu, (whole, what: string) => {
    if (what.length > 1) return String.fromCharCode(Number.parseInt(what.slice(1), 8));
    return ESCAPES[what] ?? whole;
  });
