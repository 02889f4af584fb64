import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ROOT, run } from '../support/nix-eval.ts';

const TREE = process.env['AI_VM_TEST_NIXPKGS'] ?? '';
/** Copies of nixpkgs into the store, and evaluations (milliseconds). */
const LONG = 900_000;

/** In the place of a package that a copy of nixpkgs may lack. */
const MODULE = '{ nixpkgs.overlays = [ (_: prev: { pandoc = prev.hello; }) ]; }\n';

const TOPLEVEL = 'nixosConfigurations.guest.config.system.build.toplevel.drvPath';

describe('the flake that a guest is built from', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'ai-vm-inside-'));
    // As it is laid out on the host: ai-vm's own flake, and the machine's beside it.
    for (const part of ['nix', 'flake.nix', 'flake.lock']) {
      cpSync(join(ROOT, part), join(dir, 'ai-vm', part), { recursive: true });
    }
    mkdirSync(join(dir, 'guest/modules'), { recursive: true });
    cpSync(join(ROOT, 'nix/wrapper/flake.nix'), join(dir, 'guest/flake.nix'));
    writeFileSync(join(dir, 'guest/modules/0.nix'), MODULE);
    const guest = { formatVersion: 1, system: 'x86_64-linux', modules: ['modules/0.nix'], packages: ['nodejs_22'] };
    writeFileSync(join(dir, 'guest/guest.json'), JSON.stringify(guest));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  const git = (...args: string[]): string =>
    run('git', ['-C', join(dir, 'inside'), '-c', 'user.name=x', '-c', 'user.email=x@localhost', ...args]);

  it(
    'gives the same system inside, where nothing of the host is and no registry says what a name means',
    () => {
      const inputs = { 'ai-vm': `path:${join(dir, 'ai-vm')}`, 'ai-vm/nixpkgs': `path:${TREE}` };
      const overrides = Object.entries(inputs).flatMap(([name, place]) => ['--override-input', name, place]);
      run('nix', ['flake', 'lock', ...overrides, `path:${join(dir, 'guest')}`]);
      const built = run('nix', ['eval', '--raw', '--no-update-lock-file', `path:${join(dir, 'guest')}#${TOPLEVEL}`]);
      expect(built).toMatch(/^\/nix\/store\/.*-nixos-system-.*\.drv$/);

      cpSync(join(dir, 'guest'), join(dir, 'inside'), { recursive: true });
      writeFileSync(join(dir, 'inside/README.md'), 'What is put beside it makes no other system.\n');
      git('init', '-q', '-b', 'main');
      git('add', '-A');
      git('commit', '-q', '-m', 'As this machine was built');
      renameSync(join(dir, 'ai-vm'), join(dir, 'away'));
      renameSync(join(dir, 'guest'), join(dir, 'away-as-well'));

      expect(run('nix', ['eval', '--raw', `git+file://${join(dir, 'inside')}#${TOPLEVEL}`])).toBe(built);
      expect(git('status', '--short')).toBe('');

      writeFileSync(join(dir, 'inside/modules/0.nix'), MODULE.replace('{', '{ time.timeZone = "Europe/Berlin";'));
      expect(run('nix', ['eval', '--raw', `git+file://${join(dir, 'inside')}#${TOPLEVEL}`])).not.toBe(built);
    },
    LONG,
  );
});
