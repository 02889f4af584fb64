/** Whether Nix is set up on this host, as people who use it have it. Reads files; starts nothing and asks no network. */
import { lstat, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { findProgram } from '../../host/accounts.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface NixPresence {
  /** Path of the program; null: there is none. */
  readonly program: string | null;
  /** Flakes are switched on in its configuration, or by whoever installed it. */
  readonly flakes: boolean;
}

/** NixOS itself, and the receipt of installers that switch flakes on by default. */
const MARKS = ['/etc/NIXOS', '/nix/receipt.json'];

export async function nixPresence(env: Env = process.env, marks: readonly string[] = MARKS): Promise<NixPresence> {
  const program = await findProgram('nix', env['PATH'] ?? '');
  if (program === null) return { program, flakes: false };
  const home = env['HOME'] ?? homedir();
  const user = join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'nix/nix.conf');
  const files = [join(env['NIX_CONF_DIR'] || '/etc/nix', 'nix.conf'), user];
  const texts = [...(await Promise.all(files.map((file) => readSettings(file)))), env['NIX_CONFIG'] ?? ''];
  if (texts.some(hasFlakes)) return { program, flakes: true };
  for (const mark of marks) if (await lstat(mark).catch(() => null)) return { program, flakes: true };
  return { program, flakes: false };
}

/** With what it includes. */
async function readSettings(path: string, depth = 0): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const included = [...text.matchAll(/^\s*!?include\s+(\S.*?)\s*$/gm)].map(([, name]) => resolve(dirname(path), name!));
  const more = depth < 4 ? await Promise.all(included.map((file) => readSettings(file, depth + 1))) : [];
  return [text, ...more].join('\n');
}

/** Pure. */
export const hasFlakes = (settings: string): boolean =>
  settings
    .split('\n')
    .some((line) => /^\s*(extra-)?experimental-features\s*=.*(?<![\w-])flakes(?![\w-])/.test(line.replace(/#.*/, '')));
