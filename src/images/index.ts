/** From a configuration to a guest bundle in the content-addressed cache: the one there is, or a new one. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from '../host/accounts.ts';
import type { ImageConfig } from '../model/desired.ts';
import { AiVmError } from '../model/errors.ts';
import type { Bundle } from '../model/image.ts';
import { findBundle } from './bundle.ts';
import { removeTree } from './namespace.ts';
import { asOnlyBuilder } from './partial.ts';
import type { MakeJob, Provider } from './provider.ts';

export type EnsureOptions = Omit<MakeJob, 'digest' | 'log'>;

/** Each is loaded when it is needed. */
async function providerOf(provider: ImageConfig['provider']): Promise<Provider> {
  // Either takes the images of its own kind alone, which is what it is chosen by.
  if (provider === 'nixos') return (await import('./nixos/provider.ts')).nixos;
  return (await import('./debian/provider.ts')).debian;
}

/** What can make images, and the programs that each lacks to do so on this host. */
export async function providers(): Promise<
  { readonly name: ImageConfig['provider']; readonly missing: readonly string[] }[]
> {
  return Promise.all(
    (['debian', 'nixos'] as const).map(async (name) => {
      const { programs } = await providerOf(name);
      const found = await Promise.all(programs.map((program) => findProgram(program)));
      return { name, missing: programs.filter((_, n) => found[n] === null) };
    }),
  );
}

/**
 * The bundle of an image. Several processes at once build it only once; one that was interrupted is gone on with.
 * @param digest its name, see digests.ts
 * @param given what stands in for the real one in tests
 * @throws AiVmError `host.missing`, `host.space`, `image.build`; what the signal aborts with
 */
export async function ensureBundle(
  image: ImageConfig,
  digest: string,
  options: EnsureOptions,
  given?: Provider,
): Promise<Bundle> {
  const { imagesDir, cacheDir, progress, signal } = options;
  const found = await findBundle(imagesDir, digest);
  if (found) return found;
  const provider = given ?? (await providerOf(image.provider));
  const job = { ...options, digest, log: join(cacheDir, `build-${digest.slice(0, 12)}.log`) };
  await provider.check(image, job);
  const onWait = (): void => progress('waiting for another build of this image');
  return asOnlyBuilder(imagesDir, digest, { signal, onWait }, async () => {
    // Another process may have finished it while we waited.
    const theirs = await findBundle(imagesDir, digest);
    if (theirs) return theirs;
    const target = join(imagesDir, digest);
    // Here it can only be a damaged one.
    await removeTree(target);
    await mkdir(cacheDir, { recursive: true });
    await provider.make(image, job);
    const built = await findBundle(imagesDir, digest);
    if (built) return built;
    throw new AiVmError('image.corrupt', 'the image that was just built is not whole', { why: target });
  });
}
