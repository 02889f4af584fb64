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

/** A project that this host knows. */
export interface KnownProject extends ProjectPlace {
  /** `<name>-<hash8>`: no other project has it. */
  readonly id: string;
}

/** All projects that this user has had on this host, those too whose directory is gone. Sorted by name, then by directory. */
export async function knownProjects(env: HostEnv): Promise<KnownProject[]> {
  const order = (project: KnownProject): string => `${project.name}\0${project.dir}`;
  return (await knownPlaces(env)).sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

/** Names of the machines that a project's state directory holds. */
export async function machinesIn(state: string): Promise<string[]> {
  const entries = await readdir(state, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map((entry) => entry.name);
}

async function knownPlaces(env: HostEnv): Promise<KnownProject[]> {
  const ids = await readdir(projectsDir(env)).catch(() => []);
  const places = await Promise.all(
    ids.map(async (id) => {
      const { value } = await readState(join(projectsDir(env), id, 'project.json'), isPlace);
      // A record that was moved or written for another place says nothing of this one.
      const ours = value && projectPaths(value, env).projectFile.endsWith(`/${id}/project.json`);
      return ours ? [{ id, name: value.name, dir: value.dir, location: value.location }] : [];
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
