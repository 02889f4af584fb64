import { children, typesOf } from './schema.mjs';

/** The schema as a flat table, for hints, expectations and the types of interpolated values. */
export function fieldTable(schema) {
  const table = {};
  const visit = (node, path) => {
    const keys = Object.keys(node.properties ?? {});
    table[path.join('.')] = {
      types: typesOf(node),
      ...(node['x-numeric'] === undefined ? {} : { numeric: true }),
      ...(node['x-expected'] === undefined ? {} : { expected: node['x-expected'] }),
      ...(node.enum === undefined ? {} : { values: node.enum }),
      ...(keys.length === 0 ? {} : { keys }),
    };
    // `defaults` is one more machine: readers look it up as `vms.*`.
    for (const [segment, child] of children(schema, node))
      if (path.length > 0 || segment !== 'defaults') visit(child, [...path, segment]);
  };
  visit(schema, []);
  return `// Generated from schemas/ai-vm.schema.json by scripts/generate.mjs: do not edit.

export interface Field {
  readonly types: readonly string[];
  /** Holds numbers or switches only, whatever way they are written. */
  readonly numeric?: true;
  /** What belongs there, for messages: \`a size such as 8GiB\`. */
  readonly expected?: string;
  readonly values?: readonly string[];
  readonly keys?: readonly string[];
}

/** Fields of the file by path: \`*\` is any key, \`[]\` any element. */
export const FIELDS: Readonly<Record<string, Field>> = ${JSON.stringify(table)};
`;
}
