/** Which image a machine is made from, and which one its disk was made from. */
import { dirname } from 'node:path';
import { findBundle } from '../images/bundle.ts';
import { imageDigest } from '../images/digests.ts';
import type { Place } from '../images/provider.ts';
import { AiVmError } from '../model/errors.ts';
import type { VmConfig } from '../model/desired.ts';
import type { Bundle } from '../model/image.ts';
import type { Observed } from '../model/observed.ts';
import { baseImage } from '../model/software.ts';
import { chainOf } from './chain.ts';
import type { Context } from './context.ts';
import type { Run } from './steps/run.ts';

/** Where the files are that images are made from. */
export const placeOf = ({ project, env }: Context): Place => ({
  ...{ projectDir: project.dir, env, locksDir: project.paths.flakes },
});

/**
 * Machine → digest of the image that it would be made from now.
 * @throws AiVmError about the files that it is made from
 */
export const desiredImages = (context: Context, vms: readonly VmConfig[]): Promise<Map<string, string>> =>
  digestsOf(context, vms);

/**
 * Machine → digest that the image of its disk would have now, for those whose file may ask for more than is in it: packages that
 * the guest installs.
 */
export function baseImages(context: Context, seen: readonly Observed[]): Promise<Map<string, string>> {
  const debian = seen.flatMap(({ vm, applied }) => {
    const image = applied ? baseImage(applied) : null;
    return image?.provider === 'debian' ? [{ name: vm, image }] : [];
  });
  return digestsOf(context, debian);
}

type Made = Pick<VmConfig, 'name' | 'image'>;

async function digestsOf(context: Context, vms: readonly Made[]): Promise<Map<string, string>> {
  const place = placeOf(context);
  // A recipe is a long text, or many files, and most machines of a project have the same image.
  const digests = new Map<string, Promise<string>>();
  const digestFor = (vm: Made): Promise<string> => {
    const key = JSON.stringify(vm.image);
    const digest = digests.get(key) ?? digestOf(vm, place);
    digests.set(key, digest);
    return digest;
  };
  return new Map(await Promise.all(vms.map(async (vm) => [vm.name, await digestFor(vm)] as const)));
}

async function digestOf({ name, image }: Made, place: Place): Promise<string> {
  try {
    return await imageDigest(image, place);
  } catch (error) {
    if (!(error instanceof AiVmError) || error.vm !== undefined) throw error;
    const { code, message, why, fix } = error;
    throw new AiVmError(code, message, { ...(why && { why }), ...(fix && { fix }), vm: name, cause: error });
  }
}

/** The digest of the image below a disk, from the disk itself: a record beside it may be lost. */
export async function imageOfDisk(disk: string): Promise<string | null> {
  const backing = (await chainOf(disk).catch(() => [])).at(-1);
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
  const installed = run.observed.get(vm)?.applied?.installed ?? [];
  throw new AiVmError('image.corrupt', `the image that ${vm} was made from is gone or damaged`, {
    vm,
    why: `${context.project.paths.images}/${wanted}`,
    fix:
      wanted === run.images.get(vm)
        ? `ai-vm build ${vm} makes it again; the disk of the machine is untouched.`
        : installed.length > 0
          ? `It is the one without ${installed.join(', ')}, installed since: take that out of the file, ai-vm build ${vm}, and put it back. The disk is untouched.`
          : `Its recipe has changed since, so it cannot be made again: ai-vm up --recreate ${vm} --yes makes a new disk.`,
  });
}
