/** The build parameters as this side writes them, held against files that Nix reads as well: tests/fixtures/guest. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../../../src/config/load.ts';
import { parserFor } from '../../../../src/config/parser.ts';
import { AGENTS } from '../../../../src/images/agents/index.ts';
import { canonical } from '../../../../src/images/digest.ts';
import { guestJson, type System } from '../../../../src/images/nixos/guest.ts';
import { currentSystem, recipeOf } from '../../../../src/images/nixos/recipe.ts';
import type { NixosImage } from '../../../../src/model/desired.ts';
import { ConfigError } from '../../../../src/model/errors.ts';

const FIXTURES = resolve(import.meta.dirname, '../../../fixtures/guest');

type Json = Readonly<Record<string, unknown>>;

const load = <T>(kind: string): (readonly [string, T])[] =>
  readdirSync(join(FIXTURES, kind)).map((name) => [
    basename(name, '.json'),
    JSON.parse(readFileSync(join(FIXTURES, kind, name), 'utf8')) as T,
  ]);

/** A machine of a file, and the whole of guest.json that is made of it. */
interface Made {
  readonly machine: Json;
  readonly guest: Json & { readonly system: System };
}
const made = load<Made>('made');

let dir: string;
let project: string;
beforeAll(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'ai-vm-guest-json-')));
  project = join(dir, 'project');
  mkdirSync(project);
});
afterAll(() => rmSync(dir, { recursive: true }));

async function imageOf(machine: Json): Promise<NixosImage> {
  const parse = await parserFor('ai-vm.yaml');
  // JSON is YAML; in a file of ours a dollar sign begins a variable.
  const text = JSON.stringify({ vms: { dev: machine } }).replaceAll('$', '$$$$');
  const file = { path: join(project, 'ai-vm.yaml'), text, parse };
  const { image } = loadConfig({ files: [file], dir: project, env: {}, home: dir }).desired.vms[0]!;
  if (image.provider !== 'nixos') throw new Error('this machine is not one of NixOS');
  return image;
}

/** guest.json as it is laid out for Nix. */
async function laidOut(image: NixosImage): Promise<string> {
  for (const path of image.modules) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '{ }\n');
  }
  const { trees } = await recipeOf(image, { projectDir: project, env: {}, locksDir: join(dir, 'locks') });
  return Buffer.from(trees.get('guest')!.get('guest.json')!.bytes).toString('utf8');
}

describe('guest.json', () => {
  it.each(made)('is what the file says: %s', async (_name, { machine, guest }) => {
    const image = await imageOf(machine);
    const text = await laidOut(image);
    expect(text).toBe(`${canonical({ ...guest, system: currentSystem() })}\n`);
    const { modules } = JSON.parse(text) as { modules: string[] };
    expect(guestJson(image, guest.system, modules)).toBe(`${canonical(guest)}\n`);
  });

  it('is tried with every value that this side can write', () => {
    const values = (field: string): unknown[] => [...new Set(made.flatMap(([, { guest }]) => guest[field]))].sort();
    expect(values('agents')).toEqual(Object.keys(AGENTS).sort());
    expect(values('store')).toEqual(['host', 'image']);
    expect(values('system')).toEqual(['aarch64-linux', 'x86_64-linux']);
    expect(values('audio')).toEqual([false, true]);
    expect(values('desktop')).toEqual([false, true]);
  });
});

describe('what Nix refuses', () => {
  // A mapping of agents is a way of writing them, in the file alone.
  const refused = load<{ readonly guest: Json }>('invalid').filter(([name]) =>
    /^(packages|user|agents|store)-(?!object$)/u.test(name),
  );

  it.each(refused)('is refused in the file before: %s', async (_name, { guest }) => {
    const { store, user, packages, agents } = guest;
    const machine = {
      image: store === undefined ? 'nixos' : { store },
      ...(user !== undefined && { users: [user] }),
      ...(packages !== undefined && { packages }),
      ...(agents !== undefined && { agents }),
    };
    await expect(imageOf(machine)).rejects.toThrow(ConfigError);
  });
});
