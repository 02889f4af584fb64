/** What a disk stands on: layers of the project, and at the end an image. */
import { realpath } from 'node:fs/promises';
import { AiVmError } from '../model/errors.ts';
import type { ProjectPaths } from '../model/machine.ts';
import { readQcow2 } from '../qemu/qcow2.ts';

/** More layers than this are a loop, or make every read slow. */
const DEEPEST = 64;

/** The files below a disk, the nearest first; the last one is the image. Stops at what is no qcow2. */
export async function chainOf(disk: string): Promise<string[]> {
  const chain: string[] = [];
  for (let at = disk; chain.length < DEEPEST;) {
    const below = (await readQcow2(at).catch(() => null))?.backingFile;
    if (below === null || below === undefined) return chain;
    chain.push(below);
    at = below;
  }
  throw new AiVmError('disk.missing', `the disk ${disk} stands on more than ${DEEPEST} others`);
}

/** Whether a file is a layer of this project, by its real path. */
export async function isLayer(path: string, project: ProjectPaths): Promise<boolean> {
  const real = await realpath(path).catch(() => null);
  const dir = await realpath(project.layers).catch(() => null);
  return real !== null && dir !== null && real.startsWith(`${dir}/`) && !real.slice(dir.length + 1).includes('/');
}
