import TOML from '@iarna/toml';
import type { NewField, NewFile, Value } from './new-file.ts';

/** A beginning as TOML, with a newline at its end. */
export function writeToml({ schema, head, name, machines }: NewFile): string {
  return [
    `#:schema ${schema}`,
    ...head.map((line) => `# ${line}`),
    ...(name === undefined ? [] : [`name = ${inline(name)}`]),
    ...machines.flatMap((machine) => ['', `[vms.${machine.name}]`, ...machine.fields.map(field)]),
    '',
  ].join('\n');
}

const field = ({ key, value, example, note }: NewField): string =>
  value === undefined ? `# ${key} = ${inline(example)} # ${note}` : `${key} = ${inline(value)} # ${note}`;

/** In one line, which the library does not promise for what is long. */
function inline(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`;
  if (typeof value === 'object')
    return `{ ${Object.entries(value)
      .map(([key, child]) => `${key} = ${inline(child)}`)
      .join(', ')} }`;
  return TOML.stringify.value(value);
}
