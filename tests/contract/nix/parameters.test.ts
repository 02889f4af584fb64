import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { evaluate, ROOT } from '../../support/nix-eval.ts';

const FIXTURES = join(ROOT, 'tests/fixtures/guest');

interface Faulty {
  readonly guest: unknown;
  /** Parts of what is said, one for each fault. */
  readonly faults: readonly string[];
}

const load = <T>(kind: string): (readonly [string, T])[] =>
  readdirSync(join(FIXTURES, kind))
    .filter((name) => name.endsWith('.json'))
    .map((name) => [basename(name, '.json'), JSON.parse(readFileSync(join(FIXTURES, kind, name), 'utf8')) as T]);

const valid = load<Record<string, unknown>>('valid');
/** What TypeScript makes of a machine, which tests/unit/images/nixos/guest.test.ts holds it to. */
const made = load<{ readonly guest: Record<string, unknown> }>('made');
const invalid = load<Faulty>('invalid');

/** `read` of every fixture, in one go: Nix takes longer to start than to evaluate. */
const of = (kind: string, read: string): Record<string, unknown> =>
  evaluate(`
    let
      parameters = import ./nix/parameters.nix;
      files = builtins.attrNames (builtins.readDir ./tests/fixtures/guest/${kind});
      name = file: builtins.substring 0 (builtins.stringLength file - 5) file;
      parse = file: builtins.fromJSON (builtins.readFile (./tests/fixtures/guest/${kind} + "/\${file}"));
    in
    builtins.listToAttrs (map (file: { name = name file; value = ${read} (parse file); }) files)
  `) as Record<string, unknown>;

const DEFAULTS = {
  packages: [],
  modules: [],
  user: 'dev',
  desktop: false,
  audio: false,
  agents: [],
  store: 'image',
  stateVersion: '24.11',
};

describe('the build parameters of a NixOS guest, read by Nix', () => {
  it('is made complete, and keeps what was given', () => {
    const seen = of('valid', 'parameters.normalise');
    expect(Object.keys(seen).sort()).toEqual(valid.map(([name]) => name).sort());
    for (const [name, guest] of valid) {
      const agents = (guest['agents'] ?? []) as string[];
      const unfree = guest['unfree'] ?? (agents.includes('claude') ? ['claude-code'] : []);
      expect({ [name]: seen[name] }).toEqual({ [name]: { ...DEFAULTS, ...guest, unfree } });
    }
  });

  it('is whole as ai-vm writes it: nothing is added, and nothing means something else', () => {
    const seen = of('made', '({ guest, ... }: parameters.normalise guest)');
    expect(seen).toEqual(Object.fromEntries(made.map(([name, { guest }]) => [name, guest])));
  });

  it('has as its defaults what ai-vm writes where nothing is declared', () => {
    const least = '{ formatVersion = 1; system = "x86_64-linux"; }';
    const guest = made.find(([name]) => name === 'nothing-declared')?.[1].guest;
    expect(evaluate(`(import ./nix/parameters.nix).normalise ${least}`)).toEqual(guest);
  });

  it('has faults, each of which is named', () => {
    const seen = of('invalid', '({ guest, ... }: parameters.faults guest)') as Record<string, string[]>;
    expect(Object.keys(seen).sort()).toEqual(invalid.map(([name]) => name).sort());
    for (const [name, { faults }] of invalid) {
      expect({ [name]: seen[name]?.map((text, n) => (text.includes(faults[n] ?? '\0') ? faults[n] : text)) }).toEqual({
        [name]: faults,
      });
    }
  });

  it('fails with all faults at once', () => {
    const wrong = '{"formatVersion":2,"system":"vax","cpu":1}';
    expect(() =>
      evaluate(`(import ./nix/parameters.nix).normalise (builtins.fromJSON ${JSON.stringify(wrong)})`),
    ).toThrow(
      /guest\.json\) are wrong:\n *- unknown: "cpu" .*\n *- formatVersion must be 1; it is 2\n *- system must be one of/,
    );
  });

  it('keeps a text that looks like Nix, or like a command, a text', () => {
    const texts = ['"; rm -rf ${x}', '${builtins.abort "evaluated"}', "''${x}", '$(id)', '`id`'];
    const guest = JSON.stringify({ formatVersion: 1, system: 'x86_64-linux', packages: texts });
    const faults = evaluate('{ guest }: (import ./nix/parameters.nix).faults (builtins.fromJSON guest)', [
      '--argstr',
      'guest',
      guest,
    ]) as string[];
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(JSON.stringify(texts));
  });
});

describe('`nix flake check`', () => {
  const judge = (fixtures: string): unknown => evaluate(`import ./nix/checks/parity.nix ${fixtures}`);
  let copy: string;
  beforeEach(() => {
    copy = mkdtempSync(join(tmpdir(), 'ai-vm-fixtures-'));
    cpSync(FIXTURES, copy, { recursive: true });
  });
  afterEach(() => rmSync(copy, { recursive: true }));

  it('judges the same files, and finds nothing', () => {
    expect(judge(FIXTURES)).toEqual([]);
  });

  it.each([
    ['a field that only ai-vm knows', { colour: 'red' }],
    ['a value that only ai-vm knows', { store: 'both' }],
  ])('tells of %s', (_what, more) => {
    const file = join(copy, 'made/sound.json');
    const { machine, guest } = JSON.parse(readFileSync(file, 'utf8')) as { machine: unknown; guest: object };
    writeFileSync(file, JSON.stringify({ machine, guest: { ...guest, ...more } }));
    expect(judge(copy)).toEqual(['made/sound.json']);
  });

  it('tells of a field that only Nix knows', () => {
    const file = join(copy, 'made/sound.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"audio": true,', ''));
    expect(judge(copy)).toEqual(['made/sound.json']);
  });

  it('tells of what is allowed on one side alone', () => {
    writeFileSync(join(copy, 'valid/new.json'), '{ "formatVersion": 1, "system": "x86_64-linux", "user": "Dev" }');
    const accepted = '{ "guest": { "formatVersion": 1, "system": "x86_64-linux" }, "faults": ["user"] }';
    writeFileSync(join(copy, 'invalid/old.json'), accepted);
    expect(judge(copy)).toEqual(['valid/new.json', 'invalid/old.json']);
  });
});
