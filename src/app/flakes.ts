/** Remote flakes are fixed to a revision once, after consent, and before anything is planned with what they are. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { FlakeLock } from '../images/nixos/locks.ts';
import type { Remote } from '../images/nixos/recipe.ts';
import type { VmConfig } from '../model/desired.ts';
import type { Context } from './context.ts';
import { placeOf } from './images.ts';

/** What the image of a machine fetches; none for one that Nix does not build. */
async function remotesOf(context: Context, { image }: VmConfig): Promise<Remote[]> {
  if (image.provider !== 'nixos') return [];
  const { recipeOf, remotes } = await import('../images/nixos/recipe.ts');
  return remotes(await recipeOf(image, placeOf(context)));
}

async function fix(context: Context, ref: string): Promise<FlakeLock> {
  const { signal, project } = context;
  const { lockFlake } = await import('../images/nixos/provider.ts');
  await mkdir(project.paths.cache, { recursive: true, mode: 0o700 });
  const log = join(project.paths.cache, 'flakes.log');
  return lockFlake(ref, placeOf(context), { log, signal, progress: () => undefined });
}

/** @throws AiVmError `image.source`, `image.build`, `host.missing` */
export async function fixFlakes(context: Context, vms: readonly VmConfig[]): Promise<void> {
  for (const vm of vms) {
    for (const { ref, lock } of await remotesOf(context, vm)) {
      if (lock) continue;
      context.emit({ type: 'info', vm: vm.name, message: `asking what ${ref} is now; it stays that on this host` });
      await fix(context, ref);
    }
  }
}

/** Why there is nothing to move forward, and what does that instead. */
const NOTHING_REMOTE = {
  debian: 'its image is made from no flake; ai-vm build --no-cache takes the packages that there are by now',
  nixos: 'it is made from no remote flake; what a flake.lock says, `nix flake update` moves forward',
} as const;

/**
 * Fixes the remote flakes of these machines to what they are now, for all projects of this user.
 * @returns fixes them to what they were before again: for when the new ones turn out to be of no use
 * @throws AiVmError as fixFlakes does; then nothing has changed
 */
export async function updateFlakes(context: Context, vms: readonly VmConfig[]): Promise<() => Promise<void>> {
  const { shortLock, writeLock } = await import('../images/nixos/locks.ts');
  const changed: FlakeLock[] = [];
  const takeBack = async (): Promise<void> => {
    for (const lock of changed) {
      await writeLock(placeOf(context).locksDir, lock);
      context.emit({ type: 'warning', message: `${lock.ref} stays what it was, ${shortLock(lock)}` });
    }
  };
  try {
    const seen = new Set<string>();
    for (const vm of vms) {
      const all = await remotesOf(context, vm);
      if (all.length === 0) context.emit({ type: 'info', vm: vm.name, message: NOTHING_REMOTE[vm.image.provider] });
      for (const { ref, lock } of all) {
        if (seen.has(ref)) continue;
        seen.add(ref);
        const now = await fix(context, ref);
        const moved = lock !== null && lock.narHash !== now.narHash;
        if (moved) changed.push(lock);
        const from = moved ? `${shortLock(lock)} → ` : '';
        const still = lock !== null && !moved ? ', as before' : '';
        context.emit({ type: 'info', message: `${ref}: ${from}${shortLock(now)}${still}` });
      }
    }
  } catch (error) {
    await takeBack();
    throw error;
  }
  return takeBack;
}
