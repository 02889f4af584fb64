/**
 * Disks as chains: a machine writes to its own disk, which may stand on layers that nobody writes to any more, and at the end on
 * an image. A layer belongs to all that stand on it and goes with the last of them.
 */
import { randomBytes } from 'node:crypto';
import { lchown, link, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { machinesIn } from '../host/known-projects.ts';
import type { RunAs } from '../model/capabilities.ts';
import type { ProjectPaths } from '../model/machine.ts';
import { readQcow2 } from '../qemu/qcow2.ts';
import { createOverlay } from './disk.ts';

/**
 * The name under which QEMU opens a disk: one of the file, not of its place. QEMU opens files anew by their names, also when
 * another disk has taken the place of one by then.
 */
export async function openName(disk: string): Promise<string> {
  const { ino } = await stat(disk, { bigint: true });
  const name = join(dirname(disk), `disk.${ino}.qcow2`);
  await link(disk, name).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
  return name;
}

/** Removes names of disks that were in this place before. Only while no QEMU has them open. */
export async function forgetNames(disk: string): Promise<void> {
  const keep = await stat(disk, { bigint: true }).catch(() => null);
  for (const name of await readdir(dirname(disk))) {
    const ino = /^disk\.(\d+)\.qcow2$/.exec(name)?.[1];
    if (ino !== undefined && ino !== String(keep?.ino)) await rm(join(dirname(disk), name), { force: true });
  }
}

/**
 * Makes what is on a disk a layer, and a new disk over it in its place. A QEMU that has the disk open goes on writing to what is
 * the layer now, until it is told. Killed at any point, the disk has all that was on it.
 * @returns paths of the layer, and of the new disk as QEMU opens it
 */
export async function pushLayer(
  disk: string,
  project: ProjectPaths,
  runAs: RunAs,
  signal: AbortSignal,
): Promise<{ readonly layer: string; readonly disk: string }> {
  await mkdir(project.layers, { recursive: true, mode: runAs.drop ? 0o711 : 0o700 });
  const layer = join(project.layers, `${randomBytes(8).toString('hex')}.qcow2`);
  await link(disk, layer);
  return { layer, disk: await overlayOn(layer, disk, runAs, signal) };
}

/** A new, empty disk over a layer, of the same size; it replaces what is at `path` at once. @returns its name for QEMU */
export async function overlayOn(layer: string, path: string, runAs: RunAs, signal: AbortSignal): Promise<string> {
  const partial = `${path}.partial`;
  await rm(partial, { force: true });
  await createOverlay(layer, partial, signal);
  if (runAs.drop) await lchown(partial, runAs.uid, runAs.gid);
  const name = await openName(partial);
  await rename(partial, path);
  return name;
}

/** Layer → how many disks and layers stand right on it. */
export async function usersOfLayers(project: ProjectPaths): Promise<Map<string, number>> {
  const layers = (await readdir(project.layers).catch(() => [])).map((name) => join(project.layers, name));
  const users = new Map(layers.map((path) => [path, 0]));
  for (const file of [...(await disksOf(project.state)), ...layers]) {
    const below = (await readQcow2(file).catch(() => null))?.backingFile;
    if (below && users.has(below)) users.set(below, (users.get(below) ?? 0) + 1);
  }
  return users;
}

/** Removes the layers of a project that nothing stands on, and then those that only they stood on. */
export async function collectLayers(project: ProjectPaths): Promise<void> {
  for (;;) {
    const idle = [...(await usersOfLayers(project))].filter(([, users]) => users === 0);
    if (idle.length === 0) return;
    for (const [path] of idle) await rm(path, { force: true });
  }
}

/** The disks of a machine and of its snapshots, if they are there, by its directory. */
export async function disksOfMachine(dir: string): Promise<string[]> {
  const snapshots = await readdir(join(dir, 'snapshots')).catch(() => []);
  const kept = snapshots.map((name) => join(dir, 'snapshots', name, 'disk.qcow2'));
  return [join(dir, 'disk.qcow2'), join(dir, 'disk.qcow2.partial'), ...kept];
}

/** Every disk of the project that is not a layer: those of machines and of their snapshots. */
export async function disksOf(state: string): Promise<string[]> {
  const vms = await machinesIn(state);
  return (await Promise.all(vms.map((vm) => disksOfMachine(join(state, vm))))).flat();
}
