/** Who stands on an image: a disk that refers to one that is gone cannot be read any more. */
import { join } from 'node:path';
import { knownProjects, machinesIn } from '../host/known-projects.ts';
import { machinePaths, projectPaths, type HostEnv } from '../host/paths.ts';
import { AiVmError } from '../model/errors.ts';
import type { MachinePaths } from '../model/machine.ts';
import { readApplied } from './applied.ts';
import { callName } from './elsewhere.ts';
import { imageOfDisk } from './images.ts';
import { disksOfMachine } from './layers.ts';

async function imagesOf(paths: MachinePaths): Promise<Set<string>> {
  const below = await Promise.all((await disksOfMachine(paths.dir)).map(imageOfDisk));
  // A machine that forgets has no disk that tells.
  const applied = (await readApplied(paths))?.image;
  return new Set([...below, applied].filter((digest) => digest != null));
}

/** Digest of an image → the machines that stand on it, as `project/machine`, sorted. Of all projects of this user. */
export async function imageUsers(env: HostEnv): Promise<Map<string, string[]>> {
  const users = new Map<string, string[]>();
  const known = await knownProjects(env);
  for (const place of known) {
    const paths = projectPaths(place, env);
    for (const vm of (await machinesIn(paths.state)).sort()) {
      for (const digest of await imagesOf(machinePaths(paths, vm))) {
        users.set(digest, [...(users.get(digest) ?? []), `${callName(place, known)}/${vm}`]);
      }
    }
  }
  return users;
}

/** Whether others than this user's projects may stand on images: then nobody can tell that one is not used. */
export const isSharedCache = (env: HostEnv): boolean => env.images !== join(env.dataHome, 'images');

/** @throws AiVmError `image.in-use` for an image that cannot be made anew, since disks stand on it */
export async function requireUnused(digest: string, env: HostEnv): Promise<void> {
  const users = (await imageUsers(env)).get(digest) ?? [];
  if (users.length === 0 && !isSharedCache(env)) return;
  throw new AiVmError('image.in-use', `the image ${digest.slice(0, 12)} is in use and cannot be made anew`, {
    why:
      users.length > 0
        ? `Disks stand on it, and would be damaged: ${users.join(', ')}.`
        : `AI_VM_IMAGES names a cache that others may use: ${env.images}.`,
    fix:
      users.length > 0
        ? 'Delete these machines (ai-vm rm), or leave --no-cache out.'
        : 'Leave AI_VM_IMAGES unset, or delete the directory of the image yourself.',
  });
}
