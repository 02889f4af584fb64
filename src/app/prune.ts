/** `prune`: what takes space and nobody needs. Found first, with sizes; removed only when somebody has said so. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { knownProjects, machinesIn } from '../host/known-projects.ts';
import { isHeld } from '../host/lock.ts';
import { hostEnv, machinePaths, projectPaths, type HostEnv } from '../host/paths.ts';
import { usageOf } from '../host/usage.ts';
import { interruptedBuilds, isBuilding, removeBuild, removeImage } from '../images/remove.ts';
import { EXIT } from '../model/errors.ts';
import { observe } from '../reconcile/observe.ts';
import { openContext, type Where } from './context.ts';
import { callName, exists } from './elsewhere.ts';
import { images } from './image-list.ts';
import { isSharedCache } from './image-users.ts';
import { remove } from './remove.ts';

export interface PruneOptions {
  readonly images: boolean;
  /** Also in a cache that others may use. */
  readonly sharedImages: boolean;
  readonly cache: boolean;
  /** Projects whose directory is gone, with their disks. */
  readonly orphans: boolean;
}

export interface PruneItem {
  readonly kind: 'image' | 'build' | 'downloads' | 'project';
  readonly name: string;
  /** Absolute path of the file or directory. */
  readonly path: string;
  /** Bytes on disk. */
  readonly size: number;
}

export interface Prunable {
  readonly items: readonly PruneItem[];
  /** What is left alone although it was asked for, and why; for people. */
  readonly kept: readonly string[];
}

/** What knows what this host can do is no download, and is asked for at every start. */
const KEPT_CACHE = 'capabilities.json';

/** Reads only. */
export async function prunable(options: PruneOptions, env: HostEnv = hostEnv()): Promise<Prunable> {
  const items: PruneItem[] = [];
  const kept: string[] = [];
  const building = await isBuilding(env.images);
  if (options.images) {
    const busy = building ? 'an image is being built' : await busyProject(env);
    const shared = isSharedCache(env) && !options.sharedImages;
    if (busy !== null) kept.push(`images: ${busy}`);
    else if (shared)
      kept.push(`images: AI_VM_IMAGES names a cache that others may use; --images prunes it all the same`);
    else items.push(...(await unusedImages(env)), ...(await leftBuilds(env)));
  }
  if (options.cache) {
    if (building) kept.push('downloads: an image is being built');
    else items.push(...(await downloads(env)));
  }
  if (options.orphans) {
    const { gone, running } = await orphans(env);
    items.push(...gone);
    kept.push(...running.map((name) => `project ${name}: its machines run; ai-vm down -p ${name} stops them`));
  }
  return { items: items.filter(({ size }) => size > 0), kept };
}

/** Whoever works on a project may be about to put a disk on an image that none stands on yet. */
async function busyProject(env: HostEnv): Promise<string | null> {
  for (const place of await knownProjects(env)) {
    if (await isHeld(projectPaths(place, env).lock)) return `somebody works on the project in ${place.dir}`;
  }
  return null;
}

async function unusedImages(env: HostEnv): Promise<PruneItem[]> {
  return (await images(env))
    .filter(({ users }) => users.length === 0)
    .map(({ digest, directory, size, templates }) => ({
      ...{ kind: 'image', name: digest, path: directory, size: size + templates.size },
    }));
}

async function leftBuilds(env: HostEnv): Promise<PruneItem[]> {
  return Promise.all(
    (await interruptedBuilds(env.images)).map(async (name) => {
      const path = join(env.images, name);
      return { kind: 'build' as const, name, path, size: await usageOf(path) };
    }),
  );
}

async function downloads(env: HostEnv): Promise<PruneItem[]> {
  const names = (await readdir(env.cacheHome).catch(() => [])).filter((name) => !name.startsWith(KEPT_CACHE));
  return Promise.all(
    names.sort().map(async (name) => {
      const path = join(env.cacheHome, name);
      return { kind: 'downloads' as const, name, path, size: await usageOf(path) };
    }),
  );
}

async function orphans(env: HostEnv): Promise<{ gone: PruneItem[]; running: string[] }> {
  const gone: PruneItem[] = [];
  const running: string[] = [];
  const known = await knownProjects(env);
  for (const place of known) {
    if (await exists(place.dir)) continue;
    const paths = projectPaths(place, env);
    const seen = await Promise.all((await machinesIn(paths.state)).map((vm) => observe(vm, machinePaths(paths, vm))));
    const name = callName(place, known);
    const path = join(paths.projectFile, '..');
    if (seen.some(({ process }) => process !== null)) running.push(name);
    else gone.push({ kind: 'project', name, path, size: await usageOf(path) });
  }
  return { gone, running };
}

/** Removes one item, if it is still what it was when it was listed. @returns whether it is gone */
export async function pruneItem(item: PruneItem, where: Where, env: HostEnv = hostEnv()): Promise<boolean> {
  const { signal } = where;
  signal.throwIfAborted();
  switch (item.kind) {
    case 'image': {
      const still = (await images(env)).find(({ digest }) => digest === item.name);
      if (!still || still.users.length > 0) return false;
      await removeImage(env.images, item.name, signal);
      break;
    }
    case 'build':
      await removeBuild(env.images, item.name);
      break;
    case 'downloads':
      await rm(item.path, { recursive: true, force: true });
      break;
    case 'project': {
      const context = await openContext({ ...where, cwd: '/', files: [], projectName: item.name, anywhere: true });
      if (!context.project.gone) return false;
      await remove(context, { vms: [], consent: () => Promise.resolve(true), onNothing: () => EXIT.ok });
    }
  }
  return !(await exists(item.path));
}
