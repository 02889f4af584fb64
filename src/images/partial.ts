/** A build in progress: `<digest>.partial` beside the finished bundles, with one lock per digest. */
import { constants } from 'node:fs';
import { mkdir, open, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { flock, withLock } from '../host/lock.ts';
import { isDigest } from './manifest.ts';

const PARTIAL = '.partial';

export const partialDir = (imagesDir: string, digest: string): string => join(imagesDir, `${digest}${PARTIAL}`);

export const lockFile = (imagesDir: string, digest: string): string => join(imagesDir, `.${digest}.lock`);

export const isPartial = (name: string): boolean => name.endsWith(PARTIAL) && isDigest(name.slice(0, -PARTIAL.length));

export interface Waiting {
  readonly signal?: AbortSignal | undefined;
  /** Told once, when another process is at it. */
  readonly onWait: () => void;
}

/** Runs `work` while this process alone, on this host, holds the lock. Waits for it as long as it takes. */
export async function alone<T>(lock: string, { signal, onWait }: Waiting, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(lock), { recursive: true });
  return withLock(lock, { wait: true, command: 'image build', onWait, ...(signal ? { signal } : {}) }, work);
}

/** Runs `work` as the only builder of this digest on this host. */
export const asOnlyBuilder = <T>(
  imagesDir: string,
  digest: string,
  waiting: Waiting,
  work: () => Promise<T>,
): Promise<T> => alone(lockFile(imagesDir, digest), waiting, work);

/** Runs `work` if nobody holds the lock now, and while nobody else does. */
export async function ifIdle(lock: string, work: () => Promise<void>): Promise<void> {
  const file = await open(lock, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  try {
    if (await flock(file.fd, 0)) await work();
  } finally {
    await file.close();
  }
}

/**
 * Removes what interrupted builds of other images left behind, where nobody builds them now.
 * @param remove deletes a directory whose files may belong to subordinate ids
 */
export async function removeStale(
  imagesDir: string,
  keep: string,
  remove: (dir: string) => Promise<void>,
): Promise<void> {
  for (const name of await readdir(imagesDir)) {
    const digest = name.slice(0, -PARTIAL.length);
    if (!name.endsWith(PARTIAL) || !isDigest(digest) || digest === keep) continue;
    await ifIdle(lockFile(imagesDir, digest), () => remove(join(imagesDir, name)));
  }
}

/**
 * Runs the stages that have not been completed in this directory. A stage may be killed at any point and must then be able to
 * start again.
 */
export async function runStages(
  dir: string,
  stages: readonly { readonly name: string; readonly run: () => Promise<void> }[],
): Promise<void> {
  for (const stage of stages) {
    const mark = join(dir, `${stage.name}.done`);
    if (await stat(mark).catch(() => null)) continue;
    await stage.run();
    await writeFile(`${mark}.new`, '');
    await rename(`${mark}.new`, mark);
  }
}
