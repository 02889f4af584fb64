import { stringify } from 'yaml';
import type { NewField, NewFile, Value } from './new-file.ts';

/** A beginning as YAML, with a newline at its end. */
export function writeYaml({ schema, head, name, machines }: NewFile): string {
  return [
    `# yaml-language-server: $schema=${schema}`,
    ...head.map((line) => `# ${line}`),
    ...(name === undefined ? [] : [`name: ${flow(name)}`]),
    'vms:',
    ...machines.flatMap((machine) => [`  ${flow(machine.name)}:`, ...machine.fields.flatMap(field)]),
    '',
  ].join('\n');
}

function field({ key, value, example, note }: NewField): string[] {
  if (value === undefined) return [`    # ${key}: ${flow(example)} # ${note}`];
  if (!Array.isArray(value)) return [`    ${key}: ${flow(value)} # ${note}`];
  return [`    ${key}: # ${note}`, ...value.map((item: Value) => `      - ${flow(item, key === 'ports')}`)];
}

/** In one line. Only the newline goes at its end: other white space may be the end of a name. */
const flow = (value: Value, quoted = false): string =>
  stringify(value, {
    ...{ collectionStyle: 'flow', lineWidth: 0, singleQuote: true, flowCollectionPadding: false },
    // Some editors take 8080:80 for a number to the base of 60.
    defaultStringType: quoted ? 'QUOTE_SINGLE' : 'PLAIN',
  }).replace(/\n$/, '');
