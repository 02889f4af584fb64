import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ROOT, run } from '../support/nix-eval.ts';

const TREE = process.env['AI_VM_TEST_NIXPKGS'] ?? '';
/** The command line, six guests and the driver of NixOS's tests, on a machine that does other things as well (milliseconds). */
const LONG = 900_000;

/** What of the project outputs are made from. */
const PARTS = [
  ...['flake.nix', 'flake.lock', 'nix', 'src', 'schemas', 'scripts/build.mjs', 'tests/fixtures/guest'],
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'LICENSE'],
];

interface Machine {
  readonly flags: readonly string[];
  readonly program: string;
  readonly guest: string;
}

interface Outputs {
  readonly packages: Readonly<Record<string, string>>;
  readonly checks: Readonly<Record<string, string | null>>;
  readonly formatter: string;
  readonly shell: readonly string[];
  readonly app: { readonly type: string; readonly program: string };
  readonly templates: Readonly<Record<string, readonly string[]>>;
  readonly modules: Readonly<Record<string, string>>;
  readonly vm: Machine;
  readonly custom: Machine;
  readonly same: Machine;
}

const drv = (name: RegExp): unknown =>
  expect.stringMatching(new RegExp(String.raw`^/nix/store/[a-z0-9]{32}-${name.source}\.drv$`));

describe('the flake', () => {
  let outputs: Outputs;
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'ai-vm-flake-'));
    for (const part of PARTS) cpSync(join(ROOT, part), join(dir, part), { recursive: true });
    const args = ['--arg', 'tree', TREE, '--arg', 'source', dir, '--argstr', 'system', 'x86_64-linux'];
    outputs = JSON.parse(
      run('nix-instantiate', ['--eval', '--strict', '--json', 'nix/checks/outputs.nix', ...args]),
    ) as Outputs;
  }, LONG);
  afterAll(() => rmSync(dir, { recursive: true }));

  it('has the command line, a machine and a guest as packages', () => {
    expect(outputs.packages).toEqual({
      ...{ default: drv(/ai-vm-[0-9.]+/), 'ai-vm': outputs.packages['default'] },
      ...{ vm: drv(/run-ai-vm-vm/), guest: drv(/ai-vm-guest/) },
    });
    expect(outputs.app).toEqual({ type: 'app', program: expect.stringMatching(/-ai-vm$/) as unknown });
  });

  it('has the checks of the earlier version, and its own', () => {
    expect(outputs.checks).toEqual({
      ...{ 'unit-test': drv(/unit-test/), evaluation: null, cli: outputs.packages['default'] },
      'integration-test': drv(/vm-test-run-integration-test/),
      'overlay-test': drv(/vm-test-run-overlay-test/),
      'nested-test': drv(/vm-test-run-nested-test/),
      'nixos-rebuild-test': drv(/vm-test-run-nixos-rebuild-test/),
    });
  });

  it('has a shell with what building and testing take', () => {
    const tools = ['nodejs', 'qemu', 'shellcheck', 'nixfmt-rfc-style', 'statix', 'deadnix', 'git', 'virtiofsd'];
    // What tests are skipped without (scripts/host-packages.tsv).
    tools.push('curl', 'fish', 'openssl', 'zsh');
    expect(tools.filter((tool) => !outputs.shell.includes(tool))).toEqual([]);
    expect(outputs.formatter).toBe('nixfmt-rfc-style');
  });

  it('has modules, and a template that a project begins with', () => {
    expect(outputs.modules).toEqual({ 'ai-vm': 'set', default: 'set' });
    expect(outputs.templates).toEqual({ default: ['ai-vm.yaml', 'flake.nix', 'module.nix'] });
  });

  it('makes machines of NixOS by their earlier name, from the flake itself', () => {
    expect(outputs.vm.flags).toEqual([
      '--name',
      'ai-vm',
      '--ram',
      '8',
      '--cpu',
      '2',
      '--storage',
      '50',
      '--agent',
      'claude',
    ]);
    expect(outputs.custom.program).toMatch(/^export AI_VM_FLAKE=\S+ AI_VM_DEFAULT_IMAGE=\S+nixos\}$/m);
    expect(outputs.custom.program).toMatch(/\/bin\/ai-vm up --name big --ram 16 .*"\$@"$/m);
    expect(outputs.custom.guest).toBe(outputs.vm.guest);
  });

  it('makes the same of arguments in their order', () => {
    expect(outputs.same).toEqual(outputs.custom);
  });
});
