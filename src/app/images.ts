/** Which image a machine is made from, and which one its disk was made from. */
import { dirname } from 'node:path';
import { findBundle } from '../images/bundle.ts';
import { imageDigest } from '../images/debian/recipe.ts';
import { AiVmError } from '../model/errors.ts';
import type { VmConfig } from '../model/desired.ts';
import type { Bundle } from '../model/image.ts';
import { readQcow2 } from '../qemu/qcow2.ts';
import type { Context } from './context.ts';
import type { Run } from './steps/run.ts';

/** Machine → digest of the image that it would be made from now. */
export function desiredImages(vms: readonly VmConfig[]): Map<string, string> {
  return new Map(vms.map((vm) => [vm.name, imageDigest(vm.image)]));
}

/** The digest of the image below a disk, from the disk itself: a record beside it may be lost. */
export async function imageOfDisk(disk: string): Promise<string | null> {
  const backing = (await readQcow2(disk).catch(() => null))?.backingFile;
  return backing ? (dirname(backing).split('/').pop() ?? null) : null;
}

/**
 * @param digest null: the image that the machine would be made from now
 * @throws AiVmError image.corrupt when it is not in the cache any more
 */
export async function bundleOf(context: Context, run: Run, vm: string, digest: string | null): Promise<Bundle> {
  const wanted = digest ?? run.images.get(vm) ?? '';
  const bundle = run.bundles.get(wanted) ?? (await findBundle(context.project.paths.images, wanted));
  if (bundle) return bundle;
  throw new AiVmError('image.corrupt', `the image that ${vm} was made from is gone or damaged`, {
    vm,
    why: `${context.project.paths.images}/${wanted}`,
    fix:
      wanted === run.images.get(vm)
        ? `ai-vm build ${vm} makes it again; the disk of the machine is untouched.`
        : `Its recipe has changed since, so it cannot be made again: ai-vm up --recreate ${vm} --yes makes a new disk.`,
  });
}
