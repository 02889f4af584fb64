import { closest } from '../model/closest.ts';
import validateSchema from '../generated/validate.cjs';
import { fieldAt } from './fields.ts';
import { MACHINE_NAME } from './names.ts';
import { quote } from './outcome.ts';
import type { Report } from './source.ts';
import { nodeAt, showPath, toJson, type Node, type Path } from './tree.ts';

/** Fields whose texts and limits are judged, in better words, when they are read. */
const READ_LATER = new Set(['cpus', 'memory', 'storage', 'ports']);

/**
 * Checks the file against the schema. What is wrong goes to the report and is left out of the result, so that the rest
 * can be looked at all the same.
 */
export function validate(root: Node, report: Report): Node {
  if (validateSchema(toJson(root))) return root;
  const faulty = new Map<string, Path>();
  for (const error of validateSchema.errors ?? []) {
    const at = pathOf(root, error.instancePath);
    const name = error.params['additionalProperty'];
    const where = error.keyword === 'additionalProperties' ? [...at, String(name)] : at;
    if (error.keyword === 'required') {
      reportMissing(at, String(error.params['missingProperty']), report);
    } else if (!faulty.has(JSON.stringify(where)) && faulty.size < MOST) {
      if (isReadLater(error.keyword, where)) continue;
      if (error.keyword === 'additionalProperties') reportUnknownKey(where, report);
      else reportValue(where, error.keyword, nodeAt(root, where), report);
    }
    faulty.set(JSON.stringify(where), where);
  }
  return prune(root, new Set(faulty.keys()));
}

/** More than anyone reads. */
const MOST = 100;

function isReadLater(keyword: string, at: Path): boolean {
  const field = at.findLast((step) => typeof step === 'string');
  return ['pattern', 'minimum', 'maximum'].includes(keyword) && READ_LATER.has(field ?? '');
}

/** A JSON pointer as a path: steps into lists are numbers. */
function pathOf(root: Node, pointer: string): Path {
  const path: (string | number)[] = [];
  for (const part of pointer.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(nodeAt(root, path)?.kind === 'list' ? Number(name) : name);
  }
  return path;
}

function reportMissing(at: Path, name: string, report: Report): void {
  if (at.length === 0 && name === 'vms') {
    report.error('config.missing', at, 'no machine is declared: `vms` is missing', 'The least is `vms: {dev: {}}`.');
  } else {
    report.error('config.missing', at, `${showPath(at)}: \`${name}\` is missing`);
  }
}

function reportUnknownKey(at: Path, report: Report): void {
  const key = String(at.at(-1));
  const parent = at.slice(0, -1);
  if (parent.length === 1 && parent[0] === 'vms') {
    report.error('config.name', at, `${quote(key)} is not a name for a machine`, MACHINE_NAME, 'key');
    return;
  }
  const inside = parent.length === 0 ? '' : `${showPath(parent)}: `;
  report.error('config.unknown-key', at, `${inside}unknown key \`${printable(key)}\``, keyHint(key, parent), 'key');
}

const printable = (key: string): string => quote(key).slice(1, -1);

/** What people write who come from other tools. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  cpu: 'cpus',
  vcpus: 'cpus',
  cores: 'cpus',
  ram: 'memory',
  mem: 'memory',
  mem_limit: 'memory',
  disk: 'storage',
  disk_size: 'storage',
  volumes: 'shares',
  mounts: 'shares',
  environment: 'env',
  services: 'vms',
  machines: 'vms',
  ephemeral: 'overlay',
  sound: 'audio',
  gui: 'desktop',
  display: 'desktop',
  ssh_port: 'ssh: {port: …}',
  user: 'users',
  command: 'provision',
  health_check: 'healthcheck',
};

function keyHint(key: string, parent: Path): string {
  const keys = fieldAt(parent)?.keys ?? [];
  const other = Object.hasOwn(OTHER_NAMES, key.toLowerCase()) ? OTHER_NAMES[key.toLowerCase()] : undefined;
  if (other !== undefined && keys.includes(other.replace(/:.*/, ''))) return `It is called \`${other}\` here.`;
  const near = closest(key.slice(0, 100), keys);
  if (near !== undefined) return `Did you mean \`${near}\`?`;
  if (parent.length === 0 && (fieldAt(['vms', 'x'])?.keys ?? []).includes(key)) {
    return `\`${key}\` belongs to a machine: put it under vms.NAME, or under \`defaults\` for all of them.`;
  }
  return keys.length === 0
    ? 'Nothing is known here.'
    : `Known here: ${keys.filter((k) => !k.startsWith('$')).join(', ')}. Keys that begin with x- are free.`;
}

function reportValue(at: Path, keyword: string, node: Node | undefined, report: Report): void {
  const value = node && toJson(node);
  const field = fieldAt(at);
  const path = at.length === 0 ? 'the file' : showPath(at);
  const template = node?.kind === 'scalar' && node.template !== undefined ? ` (from ${quote(node.template)})` : '';
  const got = `${quote(value)}${template}`;
  const code =
    keyword === 'type'
      ? 'config.type'
      : keyword === 'minimum' || keyword === 'maximum'
        ? 'config.limit'
        : 'config.value';
  if (keyword === 'minItems' || keyword === 'minProperties') {
    report.error('config.value', at, `${path}: at least one is needed`, field?.expected && `Write ${field.expected}.`);
    return;
  }
  const expected = field?.values ? oneOf(field.values) : (field?.expected ?? typeWords(field?.types ?? []));
  const near = typeof value === 'string' && field?.values ? closest(value, field.values) : undefined;
  const message = value === null ? `a value is missing: ${expected}` : `${got} is not ${expected}`;
  report.error(
    code,
    at,
    `${path}: ${message}`,
    near === undefined ? typeHint(value, field?.types ?? []) : `Did you mean ${near}?`,
  );
}

const oneOf = (values: readonly string[]): string =>
  values.length === 1 ? values[0]! : `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`;

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
};

const typeWords = (types: readonly string[]): string => oneOf(types.flatMap((type) => TYPE_WORDS[type] ?? []));

function typeHint(value: unknown, types: readonly string[]): string | undefined {
  if (value === null) return 'Give it a value, or remove the line.';
  if (typeof value === 'string' && types.includes('boolean') && /^(yes|no|on|off|y|n)$/i.test(value))
    return 'Write true or false.';
  if (typeof value !== 'string' && typeof value !== 'object' && types.includes('string'))
    return 'Put it in quotes if it is meant as text.';
  if (typeof value !== 'object' && types.length === 1 && types[0] === 'array')
    return 'A list is written [one, two], or with one `- entry` on each line.';
  return undefined;
}

/** The tree without the given paths. An entry of a list goes as a whole: what is left of it may make no sense. */
function prune(node: Node, faulty: ReadonlySet<string>, path: Path = []): Node {
  const keep = (step: string | number): boolean => !faulty.has(JSON.stringify([...path, step]));
  if (node.kind === 'scalar') return node;
  if (node.kind === 'list') {
    const items = node.items.filter((item, index) => keep(index) && prune(item, faulty, [...path, index]) === item);
    return items.length === node.items.length ? node : { ...node, items };
  }
  const kept = [...node.entries].filter(([key]) => keep(key));
  const entries = new Map(kept.map(([key, value]) => [key, prune(value, faulty, [...path, key])]));
  const same = entries.size === node.entries.size && kept.every(([key, value]) => entries.get(key) === value);
  return same ? node : { ...node, entries };
}
