/** Debian images: built beside the finished ones, and renamed. */
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from '../../host/accounts.ts';
import { checkSpace } from '../../host/space.ts';
import type { DebianImage } from '../../model/desired.ts';
import { AiVmError } from '../../model/errors.ts';
import { GiB } from '../../model/units.ts';
import { removeTree, requireNamespace } from '../namespace.ts';
import { partialDir, removeStale } from '../partial.ts';
import type { MakeJob, Provider } from '../provider.ts';
import { buildDebian, type BuildJob } from './build.ts';

/** Space that a build takes at its most: tree, raw disk, image and packages. */
const NEEDED = 3 * GiB;
/** Of an agent, or the desktop. */
const NEEDED_BY_PART = 2 * GiB;
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
async function requirePrograms(image: DebianImage): Promise<void> {
  const wanted = image.agents.length > 0 ? [...PROGRAMS, ['npm', 'npm'] as const] : PROGRAMS;
  const missing: (readonly [string, string])[] = [];
  for (const pair of wanted) if ((await findProgram(pair[0])) === null) missing.push(pair);
  if (missing.length === 0) return;
  throw new AiVmError('host.missing', `cannot build an image without ${missing.map(([name]) => name).join(', ')}`, {
    fix: `sudo apt-get install ${[...new Set(missing.map(([, name]) => name))].join(' ')} (ai-vm doctor names the packages of other systems)`,
  });
}

async function check(image: DebianImage, { imagesDir, cacheDir, progress }: MakeJob): Promise<void> {
  if (process.arch !== 'x64') {
    throw new AiVmError('host.missing', `images can only be built on x86_64 hosts yet, this is ${process.arch}`);
  }
  await requirePrograms(image);
  await requireNamespace();
  const needed = NEEDED + (image.agents.length + (image.desktop ? 1 : 0)) * NEEDED_BY_PART;
  const warnings = [await checkSpace(imagesDir, needed, needed), await checkSpace(cacheDir, DOWNLOADS, DOWNLOADS)];
  for (const warning of warnings) if (warning !== null) progress(warning);
}

/** Fills `job.dir`, which becomes the bundle. One that was killed is called again with what is there. */
export type Builder = (job: BuildJob) => Promise<void>;

/** @param build what stands in for the real one in tests */
export async function makeDebian(image: DebianImage, job: MakeJob, build: Builder = buildDebian): Promise<void> {
  const { imagesDir, digest } = job;
  await removeStale(imagesDir, digest, removeTree);
  const dir = partialDir(imagesDir, digest);
  await mkdir(dir, { recursive: true });
  await build({ ...job, image, dir });
  await rename(dir, join(imagesDir, digest));
}

export const debian: Provider<DebianImage> = {
  programs: PROGRAMS.map(([program]) => program),
  check,
  make: (image, job) => makeDebian(image, job),
};
