/** The links in the image cache that keep what Nix has built from its garbage collector. */
import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDigest } from '../manifest.ts';

/** So many of the newest are kept, used or not: going back to what was there yesterday builds nothing. */
const NEWEST = 5;

/**
 * Removes the links that no disk needs; what they led to goes with the next garbage collection.
 * @param current the one that was just made
 * @param inUse digests that disks of this user stand on; null: that cannot be known, so nothing is removed
 * @param sources directory of what they were made from, by digest
 */
export async function pruneRoots(
  imagesDir: string,
  current: string,
  inUse: ReadonlySet<string> | null,
  sources: string,
): Promise<void> {
  if (inUse === null) return;
  const links: { name: string; time: number }[] = [];
  for (const name of await readdir(imagesDir)) {
    const seen = isDigest(name) ? await lstat(join(imagesDir, name)).catch(() => null) : null;
    if (seen?.isSymbolicLink()) links.push({ name, time: seen.mtimeMs });
  }
  const idle = links
    .filter(({ name }) => name !== current && !inUse.has(name))
    .sort((a, b) => b.time - a.time)
    .slice(NEWEST - 1);
  for (const { name } of idle) {
    await rm(join(imagesDir, name), { force: true });
    await rm(join(sources, name), { recursive: true, force: true });
  }
}
