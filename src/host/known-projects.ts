/** Projects that this user has had on this host: found again when their file is gone or cannot be read. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readState } from './files.ts';
import { projectPaths, projectsDir, type HostEnv, type ProjectPlace } from './paths.ts';
import { isWithin } from './share-rules.ts';

function isPlace(value: unknown): value is ProjectPlace {
  if (typeof value !== 'object' || value === null) return false;
  const { name, dir, location } = value as Record<string, unknown>;
  return typeof name === 'string' && typeof dir === 'string' && (location === 'user' || location === 'project');
}

/**
 * The project whose directory `cwd` is or is below, the nearest one first; null when none was ever prepared there.
 * @param cwd real path
 */
export async function knownProjectAt(cwd: string, env: HostEnv): Promise<ProjectPlace | null> {
  const ids = await readdir(projectsDir(env)).catch(() => []);
  const places = await Promise.all(
    ids.map(async (id) => {
      const { value } = await readState(join(projectsDir(env), id, 'project.json'), isPlace);
      // A record that was moved or written for another place says nothing of this one.
      return value && projectPaths(value, env).projectFile.endsWith(`/${id}/project.json`) ? value : null;
    }),
  );
  const above = places.flatMap((place) =>
    place && isWithin(cwd, place.dir) ? [{ name: place.name, dir: place.dir, location: place.location }] : [],
  );
  return above.sort((a, b) => b.dir.length - a.dir.length)[0] ?? null;
}
