import type { Variables } from './environment.ts';
import type { Report } from './source.ts';
import { showPath, type Node, type ScalarNode } from './tree.ts';

export const isVariable = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);

/**
 * `env` of a machine, sorted by name. A variable without a value takes that of the environment, which is noted with `draw`;
 * where that has none either, it is left out with a warning.
 */
export function readEnv(
  node: Node | undefined,
  variablesOf: (node: Node) => Variables,
  report: Report,
  draw: (variables: readonly string[], node: Node) => void,
): Record<string, string> {
  const pairs: [string, string][] = [];
  for (const [name, value] of scalars(node)) {
    if (!isVariable(name)) {
      const hint = 'Letters, digits and `_`; no digit first.';
      report.error(
        'config.name',
        value.at,
        `${showPath(value.at)}: ${JSON.stringify(name)} is not a name for a variable`,
        hint,
        'key',
      );
      continue;
    }
    let text = textOf(value, report);
    if (value.value === null) {
      const given = variablesOf(value).get(name);
      if (given === undefined) {
        report.warning(
          'config.unset-variable',
          value.at,
          `the variable ${name} is not set: the guest does not get it`,
          `Set it in your environment, or give it a value here.`,
        );
        continue;
      }
      draw(given.drawn, value);
      text = given.value;
    }
    if (/[\n\r\0]/.test(text)) {
      report.error(
        'config.value',
        value.at,
        `${showPath(value.at)}: a variable cannot hold more than one line`,
        'Put the text into a shared file, and its path into the variable.',
      );
      continue;
    }
    pairs.push([name, text]);
  }
  return sorted(pairs);
}

/** `labels` of a machine, sorted by name. */
export function readLabels(node: Node | undefined, report: Report): Record<string, string> {
  return sorted([...scalars(node)].map(([name, value]) => [name, textOf(value, report)]));
}

function* scalars(node: Node | undefined): Generator<[string, ScalarNode]> {
  if (node?.kind !== 'map') return;
  for (const [name, value] of node.entries) if (value.kind === 'scalar') yield [name, value];
}

/** A number as it is written: 3.10 is a version, and must not become 3.1. */
function textOf({ value, at, template }: ScalarNode, report: Report): string {
  if (typeof value === 'number' && template === undefined) {
    const written = report.written(at);
    if (written !== undefined && Number(written) === value) return written;
  }
  return value === null ? '' : String(value);
}

const sorted = (pairs: [string, string][]): Record<string, string> =>
  Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
