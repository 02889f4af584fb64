/** What files really take on disk: holes take nothing, and a file with several names counts once. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const BLOCK = 512;

/** Bytes of a file or of all below a directory. What cannot be looked at counts as nothing. */
export async function usageOf(path: string, seen: Set<string> = new Set()): Promise<number> {
  const stat = await lstat(path).catch(() => null);
  if (!stat) return 0;
  const key = `${stat.dev}:${stat.ino}`;
  if (seen.has(key)) return 0;
  seen.add(key);
  const own = stat.blocks * BLOCK;
  if (!stat.isDirectory()) return own;
  let sum = own;
  for (const name of await readdir(path).catch(() => [])) sum += await usageOf(join(path, name), seen);
  return sum;
}
