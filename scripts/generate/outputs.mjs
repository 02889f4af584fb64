/** docs/output.md: what each schema in schemas/output promises. */
export function outputDocs(schemas) {
  return [
    '<!-- Generated from schemas/output by scripts/generate.mjs: do not edit. -->',
    '# The output of verbs',
    'Every verb that looks takes `--format json`. What it prints has a schema in [schemas/output](../schemas/output), and `version` in it (in a plan: `formatVersion`) says which form it has: it changes when a field gets another meaning or goes, and not when one is added. Nothing is left out: what is not there is `null`.',
    '`ai-vm config --format json` prints a file, complete, whose schema is [that of files](../schemas/ai-vm.schema.json). `logs`, `console` and `script` print texts as they are, and `wait` is for its exit code.',
    ...Object.entries(schemas).flatMap(([name, schema]) => [
      `## ${schema.title.replace(' --format json', '')}`,
      `${schema.description} [Schema](../schemas/output/${name}.schema.json).`,
      ['| field | type | |', '|---|---|---|', ...rows(schema, schema, '')].join('\n'),
    ]),
  ].join('\n\n');
}

const resolve = (schema, node) => (node.$ref ? { ...schema.definitions[node.$ref.split('/').pop()], ...node } : node);

function rows(schema, at, prefix) {
  return Object.entries(at.properties ?? {}).flatMap(([name, child]) => {
    const node = resolve(schema, child);
    const path = `${prefix}${name}`;
    const items = node.items && resolve(schema, node.items);
    const own = `| \`${path}\` | ${typeText(node)} | ${(node.description ?? '').replaceAll('|', '\\|')} |`;
    if (items) return [own, ...rows(schema, items, `${path}[].`)];
    const values = typeof node.additionalProperties === 'object' ? resolve(schema, node.additionalProperties) : null;
    return [own, ...rows(schema, node, `${path}.`), ...(values ? rows(schema, values, `${path}.*.`) : [])];
  });
}

function typeText(node) {
  if (node.const !== undefined) return `\`${node.const}\``;
  if (node.enum) return node.enum.map((value) => `\`${value}\``).join(', ');
  if (node.anyOf) return node.anyOf.map((each) => typeText(each)).join(' or ');
  return [node.type ?? 'any value'].flat().join(' or ');
}
