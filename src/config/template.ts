/**
 * Variables in text, as Compose has them: `$V ${V} ${V:-d} ${V-d} ${V:?e} ${V?e} ${V:+a} ${V+a}`, nested, `$$` for a
 * dollar sign. A `$` before anything else stands for itself.
 */

/** The value of a variable; undefined when it is not set. */
export type Lookup = (name: string) => string | undefined;

export interface Substituted {
  readonly text: string;
  /** Variables without a value that were left empty. */
  readonly unset: readonly string[];
  /** Variables whose values are in `text`. */
  readonly used: readonly string[];
}

export class TemplateError extends Error {
  readonly kind: 'invalid' | 'required';
  /** Of the faulty part: offset in the text, and length. Zero for all of it in nested text. */
  readonly offset: number;
  readonly length: number;
  readonly variable: string | undefined;

  constructor(
    kind: 'invalid' | 'required',
    message: string,
    place: { offset: number; length: number },
    variable?: string,
  ) {
    super(message);
    this.kind = kind;
    this.offset = place.offset;
    this.length = place.length;
    this.variable = variable;
  }
}

const NAME = /[_a-zA-Z][_a-zA-Z0-9]*/y;
const OPERATOR = /:?[-?+]/y;

/** More nesting than anyone writes. */
const MAX_NESTING = 32;

/** Replaces the variables in `template`. Alternatives that are not taken are not looked at. Throws TemplateError. */
export function substitute(template: string, lookup: Lookup, nesting = 0): Substituted {
  if (!template.includes('$')) return { text: template, unset: [], used: [] };
  if (nesting > MAX_NESTING) {
    throw new TemplateError(
      'invalid',
      `Invalid template: variables are nested more than ${MAX_NESTING} deep`,
      whole(template),
    );
  }
  const parts: string[] = [];
  const unset: string[] = [];
  const used: string[] = [];
  const take = (name: string): void => {
    const value = lookup(name);
    if (value === undefined) unset.push(name);
    else used.push(name);
    parts.push(value ?? '');
  };
  let at = 0;
  for (;;) {
    const dollar = template.indexOf('$', at);
    if (dollar === -1) break;
    parts.push(template.slice(at, dollar));
    const next = template[dollar + 1];
    if (next === '$') {
      parts.push('$');
      at = dollar + 2;
    } else if (next === '{') {
      const braced = readBraced(template, dollar);
      at = braced.end;
      if (braced.operator === '') take(braced.name);
      else {
        const result = apply(braced, lookup, nesting);
        parts.push(result.text);
        unset.push(...result.unset);
        used.push(...result.used);
      }
    } else {
      const name = match(NAME, template, dollar + 1);
      if (name === '') parts.push('$');
      else take(name);
      at = dollar + 1 + name.length;
    }
  }
  parts.push(template.slice(at));
  return { text: parts.join(''), unset, used };
}

export interface NamedVariable {
  readonly name: string;
  /** Something fails where it is not set. */
  readonly required: boolean;
  /** What is used where it is not set, as it is written; null: nothing. */
  readonly otherwise: string | null;
}

/** All variables that a text names, those of alternatives that are not taken too. None of one that is no template. */
export function variablesIn(template: string, nesting = 0): NamedVariable[] {
  if (nesting > MAX_NESTING) return [];
  const found: NamedVariable[] = [];
  for (let at = template.indexOf('$'); at !== -1; at = template.indexOf('$', at)) {
    if (template[at + 1] === '{') {
      const braced = bracedOrNone(template, at);
      if (!braced) return found;
      const { name, operator, operand, end } = braced;
      const otherwise = operator.endsWith('-') ? operand : null;
      found.push({ name, required: operator.endsWith('?'), otherwise }, ...variablesIn(operand, nesting + 1));
      at = end;
    } else {
      const name = match(NAME, template, at + 1);
      if (name !== '') found.push({ name, required: false, otherwise: null });
      at += template[at + 1] === '$' ? 2 : 1 + name.length;
    }
  }
  return found;
}

interface Braced {
  readonly start: number;
  readonly name: string;
  readonly operator: string;
  readonly operand: string;
  /** Offset behind the closing brace. */
  readonly end: number;
}

/** What is wrong with an alternative that is not taken is nobody's business. */
function bracedOrNone(template: string, start: number): Braced | null {
  try {
    return readBraced(template, start);
  } catch (error) {
    if (error instanceof TemplateError) return null;
    throw error;
  }
}

function readBraced(template: string, start: number): Braced {
  const name = match(NAME, template, start + 2);
  const operator = name === '' ? '' : match(OPERATOR, template, start + 2 + name.length);
  const from = start + 2 + name.length + operator.length;
  const close = operator === '' ? from : closingBrace(template, from);
  if (name === '' || close === -1 || template[close] !== '}') {
    const end = template.indexOf('}', start);
    const length = (end === -1 ? template.length : end + 1) - start;
    throw new TemplateError(
      'invalid',
      `Invalid template: ${JSON.stringify(template.slice(start, start + Math.min(length, 60)))}`,
      { offset: start, length },
    );
  }
  return { start, name, operator, operand: template.slice(from, close), end: close + 1 };
}

/** The brace that closes the operand at `from`. Where they do not balance: the last one, as Compose takes it. */
function closingBrace(template: string, from: number): number {
  const newline = template.indexOf('\n', from);
  const until = newline === -1 ? template.length : newline;
  let open = 1;
  for (let at = from; at < until; at++) {
    if (template[at] === '{') open++;
    if (template[at] === '}' && --open === 0) return at;
  }
  const last = template.slice(from, until).lastIndexOf('}');
  return last === -1 ? -1 : from + last;
}

function apply(braced: Braced, lookup: Lookup, nesting: number): Substituted {
  const { name, operator, operand, start, end } = braced;
  const value = lookup(name);
  const present = value !== undefined && (!operator.startsWith(':') || value !== '');
  const nested = (): Substituted => {
    try {
      return substitute(operand, lookup, nesting + 1);
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      throw new TemplateError(error.kind, error.message, { offset: start, length: end - start }, error.variable);
    }
  };
  if (operator.endsWith('+')) {
    // Compose gives the value itself where the alternative is not taken: it is empty or there is none.
    return present ? nested() : { text: value ?? '', unset: [], used: [] };
  }
  if (present) return { text: value, unset: [], used: [name] };
  if (operator.endsWith('-')) return nested();
  const reason = nested().text;
  const message = `required variable ${name} is missing a value${reason === '' ? '' : `: ${reason}`}`;
  throw new TemplateError('required', message, { offset: start, length: end - start }, name);
}

const whole = (text: string): { offset: number; length: number } => ({ offset: 0, length: text.length });

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}
