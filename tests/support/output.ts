/** The promise that `--format json` makes: what a verb prints is what its schema in schemas/output says. */
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { splitVerb } from '../../src/cli/words.ts';

const DIR = resolve(import.meta.dirname, '../../schemas/output');
const SUFFIX = '.schema.json';
/** `config` prints a file. */
const OF_FILES = join(DIR, '../ai-vm.schema.json');

/** Verbs that have a schema. */
export const outputs = (): string[] =>
  readdirSync(DIR)
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => name.slice(0, -SUFFIX.length))
    .sort();

export const outputSchema = (name: string): Readonly<Record<string, unknown>> =>
  JSON.parse(readFileSync(join(DIR, `${name}${SUFFIX}`), 'utf8')) as Record<string, unknown>;

const compiled = new Map<string, ValidateFunction>();

/** What in a value is not as the schema has it; empty is what a test wants. */
export function outputFaults(name: string, value: unknown): string[] {
  let validate = compiled.get(name);
  if (validate === undefined) {
    // The schema of files has words of our own, which Ajv knows nothing of.
    validate =
      name === 'config'
        ? new Ajv({ allErrors: true, strict: false }).compile(JSON.parse(readFileSync(OF_FILES, 'utf8')) as object)
        : new Ajv({ allErrors: true, strict: true, allowUnionTypes: true }).compile(outputSchema(name));
    compiled.set(name, validate);
  }
  validate(value);
  return (validate.errors ?? []).map(
    (error) => `${error.instancePath || '/'} ${error.message ?? ''} ${JSON.stringify(error.params)}`,
  );
}

/** The JSON that a verb has printed. Throws when it is not what the schema promises. */
export function parseOutput(name: string, text: string): unknown {
  const value: unknown = JSON.parse(text);
  const faults = outputFaults(name, value);
  if (faults.length > 0) throw new Error(`ai-vm ${name}: not as its schema says\n${faults.join('\n')}\n${text}`);
  return value;
}

/** With these, `config` prints something else than a file that is complete. */
const PART_OF_FILE = new Set([
  ...['--no-interpolate', '--vms', '--profiles', '--variables', '--environment', '--hash', '--sources', '--schema'],
]);

/** Those that print an object a line. */
const LINES = new Set(['events', 'network-log', 'stats']);

/** The schema of what a command line prints: that of the verb below its verb, where there is one. null: it prints no JSON that has one. */
export function schemaOf(argv: readonly string[]): string | null {
  const guest = argv.indexOf('--');
  const { name = '', rest } = splitVerb(guest < 0 ? argv : argv.slice(0, guest));
  if (rest[rest.indexOf('--format') + 1] !== 'json' || rest.includes('--help')) return null;
  if (name === 'config') return rest.some((word) => PART_OF_FILE.has(word)) ? null : name;
  const below = rest.find((word) => !word.startsWith('-')) ?? '';
  const known = outputs();
  return [`${name}-${below}`, name].find((each) => known.includes(each)) ?? null;
}

/** Throws when what a command line has printed is not what its schema promises; whatever has none is as it likes. */
export function checkOutput(argv: readonly string[], stdout: string): void {
  const schema = schemaOf(argv);
  if (schema === null) return;
  const texts = LINES.has(schema) ? stdout.split('\n').filter((line) => line !== '') : [stdout];
  for (const text of texts) parseOutput(schema, text);
}
