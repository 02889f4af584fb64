/** Projects of several files: however damaged, they give Desired or diagnostics with places; and laying over is associative. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FilesNeeded, loadConfig, type ConfigText } from '../../src/config/load.ts';
import { mergeMaps, type Keys } from '../../src/config/merge.ts';
import { parserFor } from '../../src/config/parser.ts';
import { toJson, type MapNode, type Node } from '../../src/config/tree.ts';
import { ConfigError } from '../../src/model/errors.ts';

const PARSERS = { yaml: await parserFor('x.yaml'), toml: await parserFor('x.toml') };
const DIR = '/p';

const FILES: Readonly<Record<string, string>> = {
  'ai-vm.yaml': `name: shop
secrets: [DB_URL]
defaults: &d {memory: 2GiB, env: {A: "1"}}
include: [sub/ai-vm.yaml]
vms:
  base: {<<: *d, cpus: 2, ports: ["8080:80"], shares: [".", "./data:/data:ro"]}
  web: {extends: base, env_file: web.env, depends_on: {db: {condition: healthy}}, ports: ["8081:80"]}
  job: {extends: {file: common.toml, vm: worker}, profiles: [full], cpus: "\${N:-3}"}
`,
  'ai-vm.override.yaml': 'unset: [vms.job]\nvms: {web: {unset: [ports, env.A], ports: ["9000"], labels: {a: b}}}\n',
  'common.toml': '[vms.worker]\nmemory = "1GiB"\nprovision = ["make"]\nenv = { X = "${X-x}" }\n',
  'sub/ai-vm.yaml': 'vms: {db: {healthcheck: {test: "true"}, env: {P: "$PORT"}}}\n',
  'sub/.env': 'PORT=5432\n',
  'web.env': 'B="two"\nC=$HOME\n',
  '.env': "N=4\nTOKEN='x'\n",
};
const MAIN = ['ai-vm.yaml', 'ai-vm.override.yaml'];

/** The loop of the app, over files in memory. */
function outcome(files: Readonly<Record<string, string>>): ReturnType<typeof loadConfig> | ConfigError {
  const text = (name: string): ConfigText => ({
    ...{ path: `${DIR}/${name}`, text: files[name] ?? '' },
    parse: PARSERS[name.endsWith('.toml') ? 'toml' : 'yaml'],
  });
  const further = new Map<string, ConfigText | null>();
  for (let round = 0; ; round += 1) {
    // Each round asks for something that was not there before.
    if (round > 40) throw new Error('it never has enough');
    try {
      const variables = [{ path: `${DIR}/.env`, text: files['.env'] ?? '' }];
      return loadConfig({ files: MAIN.map(text), dir: DIR, env: { HOME: '/h' }, variables, home: '/h', further });
    } catch (error) {
      if (error instanceof ConfigError) return error;
      if (!(error instanceof FilesNeeded)) throw error;
      for (const path of error.paths) {
        const name = path.slice(DIR.length + 1);
        further.set(path, Object.hasOwn(files, name) ? text(name) : null);
      }
    }
  }
}

const piece = fc.oneof(
  fc.constantFrom(...'{}[]:,-?&*!|>\'"%@`#$<=~\t\n '.split('')),
  fc.constantFrom(
    '${',
    '${N}',
    '${X:?',
    '&d',
    '*d',
    '<<: *d',
    'extends: web',
    'include: [ai-vm.yaml]',
    'unset: [',
    '../',
    '=',
    '"""',
  ),
  fc.constantFrom(
    'base',
    'web',
    'job',
    'worker',
    'common.toml',
    'sub/ai-vm.yaml',
    'vms',
    'depends_on: [web]',
    'profiles',
    'env_file: .',
  ),
  fc.string({ maxLength: 4, unit: 'binary' }),
);
const mutation = fc.record({
  file: fc.constantFrom(...Object.keys(FILES)),
  at: fc.nat(1000),
  remove: fc.nat(12),
  insert: piece,
  copy: fc.nat(30),
});

function damaged(mutations: readonly { file: string; at: number; remove: number; insert: string; copy: number }[]) {
  const files = { ...FILES };
  for (const { file, at, remove, insert, copy } of mutations) {
    const text = files[file] ?? '';
    const place = at % (text.length + 1);
    files[file] = text.slice(0, place) + insert + text.slice(place, place + copy) + text.slice(place + remove);
  }
  return files;
}

const lengthOf = (line: string): number => line.length;

describe('a project of several files', () => {
  it('is sound as it is', () => {
    const result = outcome(FILES);
    expect(result).not.toBeInstanceOf(ConfigError);
  });

  it('that was damaged anywhere gives Desired, or faults each with a place in a file of its own', () => {
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
        const files = damaged(mutations);
        // Of this process alone: others may keep it waiting.
        const before = process.cpuUsage();
        const result = outcome(files);
        expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
        if (!(result instanceof ConfigError)) return;
        expect(result.diagnostics.some(({ severity }) => severity === 'error')).toBe(true);
        for (const { position, message } of result.diagnostics) {
          expect(message).not.toBe('');
          if (!position) continue;
          const text = result.sources.get(position.file);
          const given = files[position.file.slice(DIR.length + 1)]!;
          // Files of variables have their secrets masked, and their places stay what they are.
          if (position.file.endsWith('.env'))
            expect(text?.split('\n').map(lengthOf)).toEqual(given.split('\n').map(lengthOf));
          else expect(text).toBe(given);
          expect(position.offset).toBeGreaterThanOrEqual(0);
          expect(position.offset).toBeLessThanOrEqual(text?.length ?? 0);
          expect(text?.slice(0, position.offset).split('\n')).toHaveLength(position.line);
        }
      }),
      { numRuns: 10_000 },
    );
  }, 600_000);
});

const KEYS: Keys = { ports: (item) => (item.kind === 'scalar' ? String(item.value).split(':')[0]! : null) };
const leaf = fc.constantFrom(1, 2, 'a', 'b').map((value): Node => ({ kind: 'scalar', at: [], value }));
const ports = fc
  .uniqueArray(fc.tuple(fc.constantFrom('80', '81', '82'), fc.constantFrom('1', '2')), { selector: ([key]) => key })
  .map((list): Node => ({
    ...{ kind: 'list', at: [] },
    items: list.map(([host, guest]): Node => ({ kind: 'scalar', at: [], value: `${host}:${guest}` })),
  }));
const list = fc.array(leaf, { maxLength: 3 }).map((items): Node => ({ kind: 'list', at: [], items }));
const map = (values: Record<string, Node | undefined>): MapNode => ({
  ...{ kind: 'map', at: [] },
  entries: new Map(Object.entries(values).flatMap(([key, value]) => (value ? [[key, value] as const] : []))),
});
/** Also with what takes away. */
const unset = fc
  .subarray(['cpus', 'ports', 'users', 'env', 'env.A'])
  .map((names): Node => ({ kind: 'list', at: [], items: names.map((value) => ({ kind: 'scalar', at: [], value })) }));
const machine = fc
  .record(
    {
      ...{ cpus: leaf, ports, users: list, unset },
      env: fc.dictionary(fc.constantFrom('A', 'B'), leaf).map(map),
    },
    { requiredKeys: [] },
  )
  .map(map);

describe('laying over', () => {
  it('is the same whichever two are laid first', () => {
    fc.assert(
      fc.property(machine, machine, machine, (a, b, c) => {
        const left = mergeMaps(mergeMaps(a, b, KEYS), c, KEYS);
        const right = mergeMaps(a, mergeMaps(b, c, KEYS), KEYS);
        expect(toJson(left)).toEqual(toJson(right));
      }),
      { numRuns: 1000 },
    );
  });
});
