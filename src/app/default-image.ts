/**
 * What a machine boots whose file says nothing of an image: NixOS where Nix is set up, else Debian. Decided once: a machine
 * that there is stays what it is, whatever is installed on this host since.
 */
import { readdir } from 'node:fs/promises';
import type { Loaded } from '../config/load.ts';
import { readState } from '../host/files.ts';
import type { ProjectPaths } from '../model/machine.ts';
import { machinePaths } from '../host/paths.ts';
import type { ProviderName } from '../model/desired.ts';
import { AiVmError } from '../model/errors.ts';
import { isApplied, isIdentity } from '../reconcile/observe.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** @returns null: it does not exist yet */
async function providerOfMachine(project: ProjectPaths, vm: string): Promise<ProviderName | null> {
  const paths = machinePaths(project, vm);
  const identity = await readState(paths.identity, isIdentity);
  if (identity.value) return identity.value.provider;
  const applied = await readState(paths.applied, isApplied);
  return applied.value?.config.image.provider ?? null;
}

/** @throws AiVmError usage when AI_VM_DEFAULT_IMAGE is no image */
export async function providerOfHost(env: Env): Promise<ProviderName> {
  const wished = env['AI_VM_DEFAULT_IMAGE'];
  if (wished === 'nixos' || wished === 'debian') return wished;
  if (wished) {
    throw new AiVmError('usage', `AI_VM_DEFAULT_IMAGE is not an image: ${JSON.stringify(wished)}`, {
      fix: 'Set it to nixos or debian, or unset it.',
    });
  }
  const [{ nixPresence }, { hasOwnFlake }] = await Promise.all([
    import('../images/nixos/presence.ts'),
    import('../images/nixos/installation.ts'),
  ]);
  const { program, flakes } = await nixPresence(env);
  return program !== null && flakes && (hasOwnFlake() || Boolean(env['AI_VM_FLAKE'])) ? 'nixos' : 'debian';
}

/**
 * Loads a project with the images of its machines chosen.
 * @param load with what machines boot that declare nothing
 * @param pathsOf where its machines are kept
 */
export async function loadChosen(
  load: (providerOf: (vm: string) => ProviderName) => Promise<Loaded>,
  pathsOf: (loaded: Loaded) => ProjectPaths,
  env: Env,
): Promise<Loaded> {
  const loaded = await load(() => 'debian');
  if (loaded.imageless.length === 0) return loaded;
  const project = pathsOf(loaded);
  // Of most machines nothing is there before their first start, and asking for each by itself would take longest of all.
  const there = new Set(await readdir(project.state).catch(() => []));
  const known = await Promise.all(
    loaded.imageless.map((vm) => (there.has(vm) ? providerOfMachine(project, vm) : Promise.resolve(null))),
  );
  const host = known.includes(null) ? await providerOfHost(env) : null;
  const chosen = new Map(loaded.imageless.map((vm, n) => [vm, known[n] ?? host ?? 'debian']));
  if (![...chosen.values()].includes('nixos')) return loaded;
  return load((vm) => chosen.get(vm) ?? 'debian');
}
