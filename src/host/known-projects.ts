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

async function knownPlaces(env: HostEnv): Promise<ProjectPlace[]> {
  const ids = await readdir(projectsDir(env)).catch(() => []);
  const places = await Promise.all(
    ids.map(async (id) => {
      const { value } = await readState(join(projectsDir(env), id, 'project.json'), isPlace);
      // A record that was moved or written for another place says nothing of this one.
      return value && projectPaths(value, env).projectFile.endsWith(`/${id}/project.json`) ? [value] : [];
    }),
  );
  return places.flat();
}

/** Where the machines of all projects of this user are, those too that keep them in their own directory. */
export async function knownStates(env: HostEnv): Promise<string[]> {
  return (await knownPlaces(env)).map((place) => projectPaths(place, env).state);
}

/**
 * The project whose directory `cwd` is or is below, the nearest one first; null when none was ever prepared there.
 * @param cwd real path
 */
export async function knownProjectAt(cwd: string, env: HostEnv): Promise<ProjectPlace | null> {
  const above = (await knownPlaces(env)).filter((place) => isWithin(cwd, place.dir));
  const [nearest] = above.sort((a, b) => b.dir.length - a.dir.length);
  return nearest ? { name: nearest.name, dir: nearest.dir, location: nearest.location } : null;
}
