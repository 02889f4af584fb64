import type { DrawnVariable } from '../model/desired.ts';
import type { Env } from './interpolate.ts';
import type { Report, Source } from './source.ts';
import { showPath, type Node, type ScalarNode } from './tree.ts';

/**
 * `env` of a machine, sorted by name. A variable without a value takes the host's, which is noted in `drawn`; where the
 * host has none either, it is left out with a warning.
 */
export function readEnv(
  node: Node | undefined,
  host: Env,
  report: Report,
  drawn: DrawnVariable[],
): Record<string, string> {
  const pairs: [string, string][] = [];
  for (const [name, value] of scalars(node)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
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
    let text = textOf(value, report.source);
    if (value.value === null) {
      const given = Object.hasOwn(host, name) ? host[name] : undefined;
      if (given === undefined) {
        report.warning(
          'config.unset-variable',
          value.at,
          `the variable ${name} is not set: the guest does not get it`,
          `Set it in your environment, or give it a value here.`,
        );
        continue;
      }
      drawn.push({ variable: name, field: showPath(value.at) });
      text = given;
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
export function readLabels(node: Node | undefined, source: Source): Record<string, string> {
  return sorted([...scalars(node)].map(([name, value]) => [name, textOf(value, source)]));
}

function* scalars(node: Node | undefined): Generator<[string, ScalarNode]> {
  if (node?.kind !== 'map') return;
  for (const [name, value] of node.entries) if (value.kind === 'scalar') yield [name, value];
}

/** A number as it is written: 3.10 is a version, and must not become 3.1. */
function textOf({ value, at, template }: ScalarNode, source: Source): string {
  if (typeof value === 'number' && template === undefined) {
    const written = source.written(at);
    if (written !== undefined && Number(written) === value) return written;
  }
  return value === null ? '' : String(value);
}

const sorted = (pairs: [string, string][]): Record<string, string> =>
  Object.fromEntries(pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
