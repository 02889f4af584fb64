/** Keywords of our own in the schema: notes, no rules. */
export const ANNOTATIONS = ['x-expected', 'x-numeric', 'x-unsupported', 'x-limits'];

/** The schema with its one level of references put in place. */
export function resolve(schema, node) {
  const name = node.$ref?.replace('#/definitions/', '');
  return name === undefined ? node : schema.definitions[name];
}

export const typesOf = (node) => (node.type === undefined ? [] : Array.isArray(node.type) ? node.type : [node.type]);

/**
 * All children of a schema node: `[segment, node]`. `*` stands for any key of a map, `[]` for any element of a list.
 */
export function children(schema, node) {
  const list = Object.entries(node.properties ?? {});
  for (const [pattern, child] of Object.entries(node.patternProperties ?? {}))
    if (pattern !== '^x-') list.push(['*', child]);
  if (node.additionalProperties) list.push(['*', node.additionalProperties]);
  if (node.items) list.push(['[]', node.items]);
  return list.map(([segment, child]) => [segment, resolve(schema, child)]);
}
