import type { Position } from '../model/errors.ts';
import { closest } from '../model/closest.ts';
import { fieldAt } from './fields.ts';
import type { Variables } from './environment.ts';
import type { Report } from './source.ts';
import { TemplateError, substitute, variablesIn, type Lookup } from './template.ts';
import { showPath, type Node, type Path, type Scalar, type ScalarNode } from './tree.ts';

/**
 * Replaces the variables in all values (never in keys), and drops the `x-` keys, whose content is free. A value that was
 * made from variables becomes a number or a switch where the schema wants one.
 */
export function interpolate(root: Node, variables: Variables, report: Report): Node {
  const run = new Run(variables, report);
  const result = run.visit(root);
  run.warn();
  return result;
}

class Run {
  readonly #unset = new Map<string, Path>();
  readonly #variables: Variables;
  readonly #lookup: Lookup;
  readonly #report: Report;

  constructor(variables: Variables, report: Report) {
    this.#variables = variables;
    this.#lookup = (name) => variables.get(name)?.value;
    this.#report = report;
  }

  visit(node: Node): Node {
    // Most of a file has no variables: what stays as it is is not copied.
    if (node.kind === 'list') {
      const items = node.items.map((item) => this.visit(item));
      return items.every((item, n) => item === node.items[n]) ? node : { ...node, items };
    }
    if (node.kind === 'map') {
      const named = isName(node.at);
      const entries = new Map<string, Node>();
      let same = true;
      for (const [key, value] of node.entries) {
        const kept = named || !key.startsWith('x-');
        const visited = kept ? this.visit(value) : value;
        if (kept) entries.set(key, visited);
        same &&= kept && visited === value;
      }
      return same ? node : { ...node, entries };
    }
    return typeof node.value === 'string' && node.value.includes('$') ? this.#replace(node, node.value) : node;
  }

  #replace(node: ScalarNode, template: string): Node {
    try {
      const { text, unset, used } = substitute(template, this.#lookup);
      this.#report.uses(variablesIn(template));
      for (const name of unset) if (!this.#unset.has(name)) this.#unset.set(name, node.at);
      if (text === template) return node;
      const value = cast(text, node.at);
      if (used.length + unset.length === 0) return { ...node, value };
      // A number or a switch tells nothing of what it was made from.
      const readable = typeof value === 'string' && !fieldAt(node.at)?.numeric;
      const drawn = readable ? used.flatMap((name) => this.#variables.get(name)?.drawn ?? []) : [];
      return { ...node, value, template, ...(drawn.length > 0 && { drawn: [...new Set(drawn)] }) };
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      this.#fault(node, template, error);
      return node;
    }
  }

  #fault(node: ScalarNode, template: string, error: TemplateError): void {
    const place = narrow(this.#report.source.locate(node.at, 'value'), this.#report.source.text, template, error);
    if (error.kind === 'required') {
      const hint = `Set it in your environment: export ${error.variable}=…`;
      this.#report.add('error', 'config.variable', place, error.message, hint);
      return;
    }
    this.#report.add(
      'error',
      'config.interpolation',
      place,
      `${showPath(node.at)}: ${JSON.stringify(template.slice(error.offset, error.offset + Math.min(error.length, 60)))} is no variable`,
      'Write ${NAME} or ${NAME:-default}. A dollar sign that begins no variable is written $$.',
    );
  }

  warn(): void {
    for (const [name, at] of this.#unset) {
      if (!this.#report.firstTime(`unset ${name}`)) continue;
      const near = closest(name, this.#variables.names());
      const hint = `${near === undefined ? '' : `Did you mean ${near}? `}Write \${${name}:-} if it may be empty, \${${name}:?} if it must not.`;
      this.#report.warning('config.unset-variable', at, `the variable ${name} is not set: an empty text is used`, hint);
    }
  }
}

/** The keys of these mappings are names that people choose, so `x-` is nothing special there. */
const isName = (at: Path): boolean =>
  (at.length === 1 && at[0] === 'vms') || ['env', 'labels'].includes(String(at[at.length - 1]));

/** A switch or a number where the schema takes no text. */
function cast(text: string, at: Path): Scalar {
  const types = fieldAt(at)?.types ?? ['string'];
  if (types.includes('string')) return text;
  if (types.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  if (types.includes('integer') && /^-?\d{1,15}$/.test(text)) return Number(text);
  return text;
}

/** Only the faulty part, where the text stands in the file as it is. */
function narrow(
  position: Position | undefined,
  source: string,
  template: string,
  error: TemplateError,
): Position | undefined {
  if (!position) return undefined;
  const part = template.slice(error.offset, error.offset + error.length).split('\n')[0]!;
  const found = source.slice(position.offset, position.offset + position.length).indexOf(part);
  const written = source.slice(position.offset, position.offset + Math.max(found, 0));
  if (found === -1 || part === '' || written.includes('\n')) return position;
  return { ...position, offset: position.offset + found, column: position.column + found, length: part.length };
}
