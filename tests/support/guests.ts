/** NixOS guests, evaluated against a real nixpkgs: what holds of them, without building anything. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { ROOT, run } from './nix-eval.ts';

export interface Facts {
  readonly drvPath: string;
  readonly toplevel: string;
  readonly manifest: {
    readonly provider: string;
    readonly arch: string;
    readonly digest: string;
    readonly boot: { readonly params: readonly string[] };
    readonly versions: { readonly distribution: string; readonly kernel: string; readonly systemd: number };
    readonly features: readonly string[];
    readonly agents: readonly string[];
  };
  readonly warnings: readonly string[];
  readonly users: { readonly normal: string[]; readonly withPassword: string[]; readonly mutableUsers: boolean };
  readonly ssh: Readonly<Record<string, unknown>> & { readonly extraConfig: string };
  readonly sudo: { readonly enable: boolean; readonly extraConfig: string };
  readonly agent: { readonly enable: boolean; readonly after: string[] };
  readonly hosts: Readonly<Record<string, string[]>>;
  readonly lookup: readonly string[];
  readonly firewall: boolean;
  readonly hostName: string;
  readonly mounts: Readonly<
    Record<string, { device: string; fsType: string; options: string[]; neededForBoot: boolean }>
  >;
  readonly initrd: { readonly modules: string[]; readonly systemd: boolean; readonly units: string[] };
  readonly units: readonly string[];
  /** Paths that tmpfiles makes. */
  readonly provision: readonly string[];
  /** Unit → the credentials that it takes. */
  readonly imported: Readonly<Record<'system' | 'initrd', Readonly<Record<string, string | string[]>>>>;
  readonly packages: readonly string[];
  readonly nix: Readonly<Record<string, unknown>>;
  readonly shell: string;
  readonly desktop: Readonly<Record<string, unknown>>;
  readonly audio: boolean;
  readonly etc: readonly string[];
  /** File that a new home has a copy of → its mode, or `symlink`. */
  readonly skel: Readonly<Record<string, string>>;
  /** Text of the configuration of git that everybody has. */
  readonly git: string;
  /** Text of what every shell reads when it starts. */
  readonly environment: string;
  /** The system's list of certificates, in /etc. */
  readonly trust: { readonly mode: string; readonly target: string; readonly source: string };
}

type Guest = Readonly<Record<string, unknown>>;

const FIXTURES = join(ROOT, 'tests/fixtures/guest/valid');

/** The build parameters that both sides read: name → guest.json. */
export const validGuests = (): [string, Guest][] =>
  readdirSync(FIXTURES).map((name) => [
    basename(name, '.json'),
    JSON.parse(readFileSync(join(FIXTURES, name), 'utf8')) as Guest,
  ]);

/** What a module that a fixture names says: that it is there. */
const moduleText = (path: string): string => {
  const text = `from/${basename(path)}`.replaceAll(/[\\"$]/g, String.raw`\$&`);
  return `{ environment.etc."${text}".text = "here"; }\n`;
};

/**
 * What holds of a guest. Takes 5 s and more.
 * @param tree a directory with nixpkgs
 * @param texts of modules by their paths; any other one says that it is there
 * @throws with what Nix said
 */
export function factsOf(guest: Guest, tree: string, texts: Readonly<Record<string, string>> = {}): Facts {
  const dir = mkdtempSync(join(tmpdir(), 'ai-vm-guest-'));
  try {
    for (const path of (guest['modules'] ?? []) as string[]) {
      mkdirSync(dirname(join(dir, path)), { recursive: true });
      writeFileSync(join(dir, path), texts[path] ?? moduleText(path));
    }
    writeFileSync(join(dir, 'guest.json'), JSON.stringify(guest));
    const args = ['--arg', 'tree', tree, '--arg', 'dir', dir, '--argstr', 'guest', JSON.stringify(guest)];
    const text = run('nix-instantiate', ['--eval', '--strict', '--json', 'nix/checks/facts.nix', ...args]);
    return JSON.parse(text) as Facts;
  } finally {
    rmSync(dir, { recursive: true });
  }
}
