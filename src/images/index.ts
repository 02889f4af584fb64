/** The image provider: a configuration in, a guest bundle in the content-addressed cache out. */
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from '../host/accounts.ts';
import { checkSpace } from '../host/space.ts';
import type { ImageConfig } from '../model/desired.ts';
import { AiVmError } from '../model/errors.ts';
import type { Bundle } from '../model/image.ts';
import { GiB } from '../model/units.ts';
import { findBundle } from './bundle.ts';
import { buildDebian, type BuildJob } from './debian/build.ts';
import { imageDigest } from './debian/recipe.ts';
import { removeTree, requireNamespace } from './namespace.ts';
import { asOnlyBuilder, partialDir, removeStale } from './partial.ts';

export { findBundle, verifyBundle } from './bundle.ts';
export { imageDigest } from './debian/recipe.ts';

export interface EnsureOptions {
  /** Finished bundles, `<digest>/`, and builds in progress. */
  readonly imagesDir: string;
  /** Downloads, kept between builds. */
  readonly cacheDir: string;
  readonly signal?: AbortSignal;
  /** @param fraction 0…1 where it is known */
  readonly progress: (text: string, fraction?: number) => void;
}

/** Builds into `job.dir`. Handed in by tests; everything else uses the default. */
export type Builder = (job: BuildJob) => Promise<void>;

/** Space that a build takes at its most: tree, raw disk, image and packages. */
const NEEDED = 3 * GiB;
const NEEDED_BY_AGENT = 2 * GiB;
/** What is downloaded for one image, about twice over. */
const DOWNLOADS = GiB / 2;

const PROGRAMS: readonly (readonly [string, string])[] = [
  ['mmdebstrap', 'mmdebstrap'],
  ['mke2fs', 'e2fsprogs'],
  ['qemu-img', 'qemu-utils'],
  ['busybox', 'busybox-static'],
  ['zstd', 'zstd'],
  ['xz', 'xz-utils'],
  ['flock', 'util-linux'],
  ['unshare', 'util-linux'],
  ['setpriv', 'util-linux'],
];

/** @throws AiVmError `host.missing` with the command that installs what is missing */
async function requirePrograms(image: ImageConfig): Promise<void> {
  const wanted = image.agents.length > 0 ? [...PROGRAMS, ['npm', 'npm'] as const] : PROGRAMS;
  const missing: (readonly [string, string])[] = [];
  for (const pair of wanted) if ((await findProgram(pair[0])) === null) missing.push(pair);
  if (missing.length === 0) return;
  throw new AiVmError('host.missing', `cannot build an image without ${missing.map(([name]) => name).join(', ')}`, {
    fix: `sudo apt-get install ${[...new Set(missing.map(([, name]) => name))].join(' ')} (ai-vm doctor names the packages of other systems)`,
  });
}

async function preflight(image: ImageConfig, options: EnsureOptions): Promise<void> {
  if (process.arch !== 'x64') {
    throw new AiVmError('host.missing', `images can only be built on x86_64 hosts yet, this is ${process.arch}`);
  }
  await requirePrograms(image);
  await requireNamespace();
  const needed = NEEDED + image.agents.length * NEEDED_BY_AGENT;
  const warnings = [
    await checkSpace(options.imagesDir, needed, needed),
    await checkSpace(options.cacheDir, DOWNLOADS, DOWNLOADS),
  ];
  for (const warning of warnings) if (warning !== null) options.progress(warning);
}

/**
 * The bundle of an image: the one in the cache, or a new one. Several processes at once build it only once; one that was interrupted
 * is gone on with.
 * @throws AiVmError `host.missing`, `host.space`, `image.build`; what the signal aborts with
 */
export async function ensureBundle(
  image: ImageConfig,
  options: EnsureOptions,
  build: Builder = buildDebian,
): Promise<Bundle> {
  const { imagesDir, cacheDir, progress } = options;
  const digest = imageDigest(image);
  const found = await findBundle(imagesDir, digest);
  if (found) return found;
  if (build === buildDebian) await preflight(image, options);
  const onWait = (): void => progress('waiting for another build of this image');
  return asOnlyBuilder(imagesDir, digest, { signal: options.signal, onWait }, async () => {
    // Another process may have finished it while we waited.
    const theirs = await findBundle(imagesDir, digest);
    if (theirs) return theirs;
    const target = join(imagesDir, digest);
    // Here it can only be a damaged one.
    await removeTree(target);
    await removeStale(imagesDir, digest, removeTree);
    const dir = partialDir(imagesDir, digest);
    await mkdir(dir, { recursive: true });
    await mkdir(cacheDir, { recursive: true });
    const log = join(cacheDir, `build-${digest.slice(0, 12)}.log`);
    await build({ image, digest, dir, cacheDir, log, signal: options.signal, progress });
    await rename(dir, target);
    const built = await findBundle(imagesDir, digest);
    if (built) return built;
    throw new AiVmError('image.corrupt', 'the image that was just built is not whole', { why: target });
  });
}
