/** Real Nix, with no store of the system's and no network: evaluation alone. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../..');

/** As root without a daemon, too. */
const CONFIG = [
  'experimental-features = nix-command flakes',
  ...['build-users-group =', 'substituters =', 'sandbox = false', 'use-registries = false'],
].join('\n');

/** What a program prints, started in the project's root. @throws with what it said, when it fails */
export function run(program: string, args: readonly string[], input = ''): string {
  const { status, stdout, stderr } = spawnSync(program, args, {
    ...{ cwd: ROOT, input, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
    env: { ...process.env, NIX_CONFIG: CONFIG },
  });
  if (status !== 0) throw new Error(stderr || `${program} ended with ${status}`);
  return stdout;
}

/** The value of a Nix expression. @throws with what Nix said */
export const evaluate = (expression: string, args: readonly string[] = []): unknown =>
  JSON.parse(run('nix-instantiate', ['--eval', '--strict', '--json', ...args, '-'], expression));
