import { children, resolve, typesOf } from './schema.mjs';

const code = (value) => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;

/** docs/config.md: every field with its type, default, limits and examples. */
export function configDocs(schema) {
  const machine = resolve(schema, { $ref: '#/definitions/vm' });
  const { vms, defaults: _defaults, ...top } = schema.properties;
  return [
    '<!-- Generated from schemas/ai-vm.schema.json by scripts/generate.mjs: do not edit. -->',
    '# The configuration file',
    schema.description,
    INTRODUCTION,
    '## The file',
    ...section(schema, 'vms', vms, 3),
    '### `defaults`',
    'Settings that are merged under every machine: mappings key by key, lists with the entries of `defaults` first (a share of the same target or a port of the same host side is replaced), everything else as the machine says.',
    ...Object.entries(top).flatMap(([name, node]) => section(schema, name, node, 3)),
    '## A machine',
    'Fields of each machine under `vms`, and of `defaults`.',
    ...Object.entries(machine.properties).flatMap(([name, node]) => section(schema, name, node, 3)),
  ].join('\n\n');
}

function section(schema, name, node, level) {
  const parts = [`${'#'.repeat(level)} \`${name}\``, node.description];
  if (node['x-unsupported']) parts.push(`> ${unsupported(node)}`);
  parts.push(facts(node));
  const rows = children(schema, node).flatMap(([segment, child]) => nested(schema, child, segment));
  if (rows.length > 0 && name !== 'vms')
    parts.push(['| key | type | default | |', '|---|---|---|---|', ...new Set(rows)].join('\n'));
  return parts.filter(Boolean);
}

const NOT_AT_ALL = 'Not supported in this version.';

function unsupported({ 'x-unsupported': text }) {
  return text === NOT_AT_ALL
    ? '**Not supported yet:** it is an error.'
    : `**Partly supported.** ${text} Anything else is an error.`;
}

/** Rows for the keys of an object, also of one in a list. */
function nested(schema, node, segment) {
  const anonymous = segment === '[]' || segment === '*';
  const inner = children(schema, node).flatMap(([name, child]) =>
    nested(schema, child, anonymous || name === '[]' ? name : `${segment}.${name}`),
  );
  if (anonymous) return inner;
  const text = [node.description, node['x-unsupported'] && unsupported(node)];
  const row = `| \`${segment}\` | ${typeText(node)} | ${node.default === undefined ? '' : code(node.default)} | ${text.filter(Boolean).join(' ')} |`;
  return [row, ...inner];
}

const WORDS = {
  array: 'list',
  boolean: 'true or false',
  integer: 'whole number',
  number: 'number',
  object: 'mapping',
  string: 'text',
};

const typeText = (node) =>
  node.enum
    ? node.enum.map(code).join(', ')
    : typesOf(node)
        .flatMap((type) => WORDS[type] ?? [])
        .join(', or ');

function facts(node) {
  const list = [`- Type: ${typeText(node)}`];
  if (node.default !== undefined) list.push(`- Default: ${code(node.default)}`);
  if (node['x-limits']) list.push(`- Limits: ${node['x-limits']}`);
  for (const example of node.examples ?? []) list.push(`- Example: ${code(example)}`);
  return list.join('\n');
}

const INTRODUCTION = `The file is found by walking up from the working directory. Two of its names in one directory are an error. YAML and TOML say the same:

\`\`\`yaml
vms:
  dev:
    cpus: 4
    memory: 8GiB
    shares: [.]
    ports: ["3001"]
\`\`\`

\`\`\`toml
[vms.dev]
cpus = 4
memory = "8GiB"
shares = ["."]
ports = ["3001"]
\`\`\``;
