import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { FilesNeeded, loadConfig } from '../../src/config/load.ts';
import { parserFor } from '../../src/config/parser.ts';
import { printConfig } from '../../src/config/print.ts';
import { FIELDS } from '../../src/generated/fields.ts';
import validateSchema from '../../src/generated/validate.cjs';
import type { Desired } from '../../src/model/desired.ts';
import { ConfigError } from '../../src/model/errors.ts';
import { renderDiagnostic } from '../../src/report/frame.ts';

const PARSERS = { yaml: await parserFor('ai-vm.yaml'), toml: await parserFor('ai-vm.toml') };

function load(text: string, file = 'ai-vm.yaml', env: Record<string, string> = {}): Desired {
  const parse = PARSERS[file.endsWith('.toml') ? 'toml' : 'yaml'];
  const input = { files: [{ path: `/p/${file}`, text, parse }], dir: '/p', env, home: '/home/ann' };
  // There is no other file, whichever one is asked for.
  const further = new Map<string, null>();
  for (;;) {
    try {
      return loadConfig({ ...input, further }).desired;
    } catch (error) {
      if (!(error instanceof FilesNeeded)) throw error;
      for (const path of error.paths) further.set(path, null);
    }
  }
}

/** Desired, or what is said of the file: anything else is a bug and is thrown. */
function outcome(text: string, file = 'ai-vm.yaml'): Desired | ConfigError {
  try {
    return load(text, file, { HOME: '/home/ann', N: '3', EMPTY: '' });
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

/** Every diagnostic points into the text, and can be drawn. */
function expectSound(error: ConfigError, text: string): void {
  expect(error.diagnostics.some((d) => d.severity === 'error')).toBe(true);
  for (const diagnostic of error.diagnostics) {
    expect(diagnostic.code).not.toBe('config.schema');
    const { position } = diagnostic;
    if (position) {
      const before = text.slice(0, position.offset).split('\n');
      expect([position.line, position.column]).toEqual([before.length, before.at(-1)!.length + 1]);
      expect(position.length).toBeGreaterThan(0);
    }
    // Nothing of the file steers a terminal.
    expect(renderDiagnostic(diagnostic, error.sources, { color: false })).not.toMatch(/(?!\n)\p{Cc}/u);
  }
}

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,7}$/);
const line = fc.string({ maxLength: 12, unit: 'grapheme' }).filter((text) => !/[\n\r\0]/.test(text));
/** As the file has it: a dollar sign begins no variable. */
const inFile = line.map((text) => text.replaceAll('$', '$$$$'));
const command = inFile.filter((text) => text.trim() !== '');
const path = fc.oneof(word, fc.constantFrom('.', '~', '~/x', '../y', '/srv/z', './a b'));

const share = fc.oneof(
  path,
  fc.tuple(path, fc.constantFrom(':ro', ':rw')).map(([p, mode]) => p + mode),
  fc.record(
    {
      path: inFile.filter((text) => text !== '' && !/^~[^/]/.test(text)),
      mode: fc.constantFrom('ro', 'rw'),
      driver: fc.constantFrom('auto', 'virtiofs', '9p'),
      allow_sensitive: fc.boolean(),
    },
    { requiredKeys: ['path'] },
  ),
);

const machine = fc.record(
  {
    cpus: fc.oneof(fc.integer({ min: 1, max: 128 }), fc.constant('4cpu')),
    memory: fc.oneof(
      fc.integer({ min: 1, max: 1024 }),
      fc.integer({ min: 256, max: 9999 }).map((n) => `${n}MiB`),
    ),
    storage: fc.integer({ min: 1, max: 10_000 }).map((n) => `${n}gb`),
    overlay: fc.boolean(),
    nested: fc.boolean(),
    warm: fc.boolean(),
    restart: fc.constantFrom('no', 'on-failure', 'always'),
    profiles: fc.uniqueArray(word, { maxLength: 2 }),
    audio: fc.oneof(
      fc.boolean(),
      fc.record({ driver: fc.constantFrom('pa', 'alsa', 'none') }),
      fc.constant({ driver: 'wav', path: 'a.wav' }),
    ),
    shares: fc.uniqueArray(share, { maxLength: 4 }),
    users: fc.array(word, { minLength: 1, maxLength: 3 }),
    packages: fc.oneof(fc.array(word.map((w) => `${w}x`)), fc.record({ debian: fc.array(word.map((w) => `${w}x`)) })),
    agents: fc.constantFrom([], ['claude'], { claude: { share_auth: true } }),
    env: fc.dictionary(fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,6}$/), inFile),
    labels: fc.dictionary(line, fc.oneof(inFile, fc.integer(), fc.boolean())),
    provision: fc.array(command, { maxLength: 3 }),
    healthcheck: fc.record(
      {
        test: fc.oneof(
          command,
          fc.array(inFile, { minLength: 1, maxLength: 3 }).map((args) => ['CMD', 'x', ...args]),
        ),
        interval: fc.integer({ min: 100, max: 10_000_000 }).map((ms) => `${ms}ms`),
        retries: fc.integer({ min: 1, max: 9 }),
        start_period: fc.integer({ min: 0, max: 5000 }).map((s) => `${s}s`),
      },
      { requiredKeys: ['test'] },
    ),
  },
  { requiredKeys: [] },
);

const withoutTwice = (list: readonly number[]): number[] => [...new Set(list)];

/** A sound file: ports are drawn for all machines together, since they must differ; so must the shares of one. */
const configuration = fc
  .record({
    name: word,
    defaults: machine.map(({ shares: _shares, ...rest }) => rest),
    vms: fc.dictionary(word, machine, { minKeys: 1, maxKeys: 3 }),
    ports: fc.array(fc.integer({ min: 1, max: 65535 }), { maxLength: 6 }),
    waits: fc.option(fc.constantFrom('started', 'ready')),
    secrets: fc.uniqueArray(word, { maxLength: 2 }),
    location: fc.constantFrom('user', 'project'),
  })
  .map(({ ports, vms, waits, ...rest }) => {
    const names = Object.keys(vms);
    const entries = names.map((name, index) => {
      const own = withoutTwice(ports).filter((port) => port % names.length === index);
      const vm: Record<string, unknown> = { ...vms[name] };
      // Each waits for the one before it: there is no circle.
      const before = waits !== null && index > 0 ? { [names[index - 1]!]: { condition: waits } } : {};
      return [name, { ...vm, depends_on: before, ports: own.map((port) => (port % 2 === 0 ? `${port}:80` : port)) }];
    });
    return { ...rest, vms: Object.fromEntries(entries) as unknown };
  })
  .filter((file) => !(outcome(JSON.stringify(file)) instanceof ConfigError));

/** TOML with inline tables: JSON's strings are TOML's, but for DEL. */
function toml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toml).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    return `{${Object.entries(value)
      .map(([key, child]) => `${toml(key)} = ${toml(child)}`)
      .join(', ')}}`;
  }
  return JSON.stringify(value).replaceAll('\u007f', '\\u007f');
}

describe('a sound file', () => {
  it('printed and loaded again is the same', () => {
    fc.assert(
      fc.property(configuration, fc.constantFrom('yaml' as const, 'json' as const, 'toml' as const), (file, format) => {
        const desired = load(stringify(file));
        const again = (text: string): Desired => ({
          ...load(text, format === 'toml' ? 'ai-vm.toml' : 'ai-vm.yaml'),
          files: desired.files,
        });
        const printed = printConfig(desired, format);
        expect(again(printed)).toEqual(desired);
        expect(printConfig(again(printed), format)).toBe(printed);
      }),
      { numRuns: 150 },
    );
  });

  it('says the same in YAML, JSON and TOML', () => {
    fc.assert(
      fc.property(configuration, (file) => {
        const text = Object.entries(file)
          .map(([key, value]) => `${key} = ${toml(value)}\n`)
          .join('');
        const twin = { ...load(text, 'ai-vm.toml'), files: [] };
        expect({ ...load(stringify(file)), files: [] }).toEqual(twin);
        expect({ ...load(JSON.stringify(file)), files: [] }).toEqual(twin);
      }),
      { numRuns: 100 },
    );
  });
});

const EXAMPLES = join(import.meta.dirname, '../../examples');
const seeds = readdirSync(EXAMPLES)
  .filter((name) => /\.(yaml|toml)$/.test(name))
  .map((name) => ({ name, text: readFileSync(join(EXAMPLES, name), 'utf8') }));

/** What faulty files are made of. */
const piece = fc.oneof(
  fc.constantFrom(...'{}[]:,-?&*!|>\'"%@`#$<=~\t\n\r '.split('')),
  fc.constantFrom(
    '${',
    '${N}',
    '${X:-',
    '${X?}',
    '$$',
    '&a',
    '*a',
    '<<: *a',
    '---\n',
    '!!str',
    '- ',
    ': ',
    '\0',
    '\u001b[2J',
    '\u202e',
    '界',
    '[[',
    '"""',
    '= ',
  ),
  fc.constantFrom(...Object.values(FIELDS).flatMap((field) => field.keys ?? [])),
  fc.string({ maxLength: 4, unit: 'binary' }),
);

const mutation = fc.record({ at: fc.nat(10_000), remove: fc.nat(12), insert: piece, copy: fc.nat(30) });

function mutate(
  text: string,
  { at, remove, insert, copy }: { at: number; remove: number; insert: string; copy: number },
): string {
  const place = at % (text.length + 1);
  return text.slice(0, place) + insert + text.slice(place, place + copy) + text.slice(place + remove);
}

describe('any file', () => {
  it('that was damaged gives Desired or diagnostics', () => {
    fc.assert(
      fc.property(fc.constantFrom(...seeds), fc.array(mutation, { minLength: 1, maxLength: 4 }), (seed, mutations) => {
        const text = mutations.reduce(mutate, seed.text);
        const result = outcome(text, seed.name);
        if (result instanceof ConfigError) expectSound(result, text);
      }),
      { numRuns: 400 },
    );
  });

  it('with any value in any field gives Desired only if the schema allows it', () => {
    const fields = Object.keys(FIELDS).filter((field) => field !== '');
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom(
        '',
        '0',
        '1',
        -1,
        0,
        1,
        1.5,
        1e300,
        true,
        null,
        [],
        {},
        [null],
        [[]],
        [{}],
        { '': 1 },
        'no',
        'open',
        'claude',
        ['claude'],
        '1s',
        'x=1',
      ),
    );
    fc.assert(
      fc.property(fc.constantFrom(...fields), value, (field, given) => {
        const steps = field.split('.');
        const inner = steps.reduceRight<unknown>(
          (child, step) => (step === '[]' ? [child] : { [step === '*' ? 'any' : step]: child }),
          given,
        );
        const file = { vms: { dev: {} }, ...(inner as object) };
        const text = JSON.stringify(file).replaceAll('$', '$$$$');
        const result = outcome(text);
        if (result instanceof ConfigError) expectSound(result, text);
        else expect(validateSchema(file)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
