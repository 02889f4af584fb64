/** A machine's memory and state in a directory of its own: what a suspended machine goes on from, and a snapshot goes back to. */
import { lstat, mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readState, writeState } from '../../host/files.ts';
import { removeTree } from '../../host/directories.ts';
import { explainFull } from '../../host/space.ts';
import { hashFile } from '../../images/bundle.ts';
import { pluggedBackend, pluggedMemory } from '../../model/chassis.ts';
import { AiVmError } from '../../model/errors.ts';
import type { Applied } from '../../model/machine.ts';
import type { BootContext } from '../../model/resource.ts';
import { MiB } from '../../model/units.ts';
import { loadMemory, openMemory, saveMemory } from '../../qemu/memory-image.ts';
import { loadState, saveState, withoutRam } from '../../qemu/migration.ts';
import type { Qmp } from '../../qemu/qmp.ts';
import { processorOf } from '../warm/shape.ts';
import { touchedBytes } from './freeze.ts';

/** saved.json: written last, so that what is half there does not count. */
export interface Saved {
  readonly formatVersion: 1;
  /** As the machine was when it was saved. */
  readonly applied: Applied;
  /** SHA-256 of QEMU's device state; the memory has checksums of its own. */
  readonly state: string;
  /** The disk as it was then: on another one, or one that was written to since, the memory makes no sense. */
  readonly disk: string;
  /** Places for 9p shares that it had. */
  readonly slots: number;
  /** What it ran on: see `processorOf`. Not there in older ones. */
  readonly processor?: string;
  /** Of all files, in bytes. */
  readonly size: number;
}

const FILES = {
  memory: 'memory.bin',
  memoryIndex: 'memory.json',
  plugged: 'plugged.bin',
  pluggedIndex: 'plugged.json',
  state: 'state',
} as const;

const MANIFEST = 'saved.json';

/** QEMU lets the guest plug in a little more than it is asked to. */
const SLACK = 256 * MiB;

const isSaved = (value: unknown): value is Saved => {
  const it = value as {
    formatVersion?: unknown;
    state?: unknown;
    disk?: unknown;
    slots?: unknown;
    applied?: { config?: { name?: unknown } };
  } | null;
  return (
    it?.formatVersion === 1 &&
    typeof it.state === 'string' &&
    typeof it.disk === 'string' &&
    typeof it.slots === 'number' &&
    typeof it.applied?.config?.name === 'string'
  );
};

/** What tells one state of a disk from another, without reading it. */
export async function diskMark(disk: string): Promise<string> {
  const { ino, size, mtimeNs } = await stat(disk, { bigint: true });
  return `${ino} ${size} ${mtimeNs}`;
}

/** @returns null when nothing was saved there, or not to its end */
export async function readSaved(dir: string): Promise<Saved | null> {
  return (await readState(join(dir, MANIFEST), isSaved)).value;
}

/**
 * Saves a machine that stands still, and that QEMU will not write the disk of any more unless it is told to go on.
 * @param dir must not exist; it appears when all of it is there
 */
export async function saveMachine(
  qmp: Qmp,
  boot: BootContext,
  pid: number,
  applied: Applied,
  dir: string,
  signal: AbortSignal,
): Promise<Saved> {
  const partial = `${dir}.partial`;
  await removeTree(partial);
  await mkdir(partial, { recursive: true, mode: 0o700 });
  const at = (name: string): string => join(partial, name);
  let touched = 0;
  try {
    await withoutRam(qmp);
    await saveState(qmp, at(FILES.state), boot.paths.migration, boot.runAs);
    const { memory } = boot.chassis;
    const parts = [
      [memory.base, FILES.memory, FILES.memoryIndex, Number.POSITIVE_INFINITY],
      [pluggedBackend(memory), FILES.plugged, FILES.pluggedIndex, pluggedMemory(boot.vm.memory, memory) + SLACK],
    ] as const;
    for (const [size, bin, index, most] of parts) {
      const file = await openMemory(pid, size, 'r');
      try {
        touched += await touchedBytes(file);
        await saveMemory(file, at(bin), at(index), signal, most);
      } finally {
        await file.close();
      }
    }
    const sizes = await Promise.all(Object.values(FILES).map(async (name) => (await lstat(at(name))).size));
    const saved: Saved = {
      ...{ formatVersion: 1, applied, state: await hashFile(at(FILES.state), signal) },
      disk: await diskMark(boot.vm.overlay ? boot.paths.scratch : boot.paths.disk),
      slots: boot.slots,
      processor: await processorOf(boot.host),
      size: sizes.reduce((sum, size) => sum + size, 0),
    };
    await writeState(at(MANIFEST), saved);
    await rename(partial, dir);
    return saved;
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    const { vm, paths } = boot;
    throw await explainFull(error, {
      ...{ what: `the memory of ${vm.name}`, dir: paths.dir, vm: vm.name },
      ...(touched > 0 ? { needed: touched } : {}),
    });
  }
}

/**
 * Fills a QEMU that waits with what was saved. The machine stands still when this returns.
 * @throws AiVmError `image.corrupt`, `qmp.failed`, `qmp.closed`
 */
export async function loadMachine(
  qmp: Qmp,
  boot: BootContext,
  pid: number,
  dir: string,
  signal: AbortSignal,
): Promise<void> {
  const at = (name: string): string => join(dir, name);
  const saved = await readSaved(dir);
  if (!saved || (await hashFile(at(FILES.state), signal)) !== saved.state) {
    throw new AiVmError('image.corrupt', 'the saved state of the machine is damaged', { why: dir });
  }
  await withoutRam(qmp);
  const { memory } = boot.chassis;
  const parts = [
    [memory.base, FILES.memory, FILES.memoryIndex],
    [pluggedBackend(memory), FILES.plugged, FILES.pluggedIndex],
  ] as const;
  for (const [size, bin, index] of parts) {
    const file = await openMemory(pid, size, 'r+');
    try {
      await loadMemory(file, at(bin), at(index));
    } finally {
      await file.close();
    }
  }
  await loadState(qmp, at(FILES.state), boot.paths.migration);
}
