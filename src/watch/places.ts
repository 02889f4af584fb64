/**
 * Where something has to happen for a path to lead to another content: names in directories. A file by itself is never
 * watched: whoever renames another one over it would leave us with the old one.
 */
import { lstat, readlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';

/** Directory → the names in it that matter. */
export type Places = ReadonlyMap<string, ReadonlySet<string>>;

/** As the kernel has it. */
const MOST_LINKS = 40;

/**
 * Every name on the way to a file that can be made to lead elsewhere: each symbolic link, its last name, and the first one that
 * does not exist. Directories on the way that are none of these say themselves when they go, see openHints.
 */
async function placesOf(path: string): Promise<{ dir: string; name: string }[]> {
  const places: { dir: string; name: string }[] = [];
  let rest = resolve(path).split('/').filter(Boolean);
  let dir = '/';
  let links = 0;
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    const full = join(dir, name);
    const seen = await lstat(full).catch(() => null);
    if (seen?.isSymbolicLink() && links < MOST_LINKS) {
      links += 1;
      places.push({ dir, name });
      const target = await readlink(full).catch(() => name);
      const whole = resolve(dir, target);
      rest = [...whole.split('/').filter(Boolean), ...rest];
      dir = '/';
      continue;
    }
    if (!seen || rest.length === 0) {
      places.push({ dir, name });
      return places;
    }
    dir = full;
  }
  return places.length > 0 ? places : [{ dir: dirname(path), name: '' }];
}

/** Never rejects: what cannot be looked at counts as not there. */
export async function findPlaces(paths: readonly string[]): Promise<Places> {
  const found = new Map<string, Set<string>>();
  for (const { dir, name } of (await Promise.all(paths.map(placesOf))).flat()) {
    const names = found.get(dir) ?? new Set<string>();
    names.add(name);
    found.set(dir, names);
  }
  return found;
}
