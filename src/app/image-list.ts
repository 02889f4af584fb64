/** `images`: what is in the image cache, what it takes, and who uses it. */
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { hostEnv, type HostEnv } from '../host/paths.ts';
import { usageOf } from '../host/usage.ts';
import { findBundle } from '../images/bundle.ts';
import { listImages } from '../images/remove.ts';
import { listTemplates } from '../images/templates.ts';
import { imageUsers } from './image-users.ts';

/** One image of `images --format json`. Sizes are bytes on disk. */
export interface ImageRow {
  /** SHA-256 of all that it is made from. */
  readonly digest: string;
  readonly directory: string;
  /** False: it is damaged, and is built again at its next use. What else is known of it is then null. */
  readonly whole: boolean;
  readonly provider: string | null;
  readonly distribution: string | null;
  readonly kernel: string | null;
  readonly agents: readonly string[];
  /** ISO 8601. */
  readonly created: string | null;
  readonly size: number;
  /** Templates that machines start from, and what they take beside. */
  readonly templates: { readonly count: number; readonly size: number };
  /** Machines whose disks stand on it, as `project/machine`. */
  readonly users: readonly string[];
}

/** Reads only; hashes nothing. */
export async function images(env: HostEnv = hostEnv()): Promise<ImageRow[]> {
  const [digests, templates, users] = await Promise.all([
    listImages(env.images),
    listTemplates(env.images),
    imageUsers(env),
  ]);
  return Promise.all(
    digests.map(async (digest) => {
      const directory = join(env.images, digest);
      const bundle = await findBundle(env.images, digest);
      const manifest = bundle?.manifest ?? null;
      const own = templates.filter((template) => template.manifest.image === digest);
      const sizes = await Promise.all(own.map(({ dir }) => usageOf(dir)));
      const seen = await lstat(directory).catch(() => null);
      return {
        ...{ digest, directory, whole: manifest !== null },
        ...{ provider: manifest?.provider ?? null, distribution: manifest?.versions.distribution ?? null },
        ...{ kernel: manifest?.versions.kernel ?? null, agents: manifest?.agents ?? [] },
        created: seen?.mtime.toISOString() ?? null,
        size: await usageOf(directory),
        templates: { count: own.length, size: sizes.reduce((sum, size) => sum + size, 0) },
        users: users.get(digest) ?? [],
      };
    }),
  );
}
