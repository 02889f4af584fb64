/** `snapshot`: a machine as it was at one moment, with its memory where it ran, to go back to. */
import { link, lstat, mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from '../host/directories.ts';
import { readState, writeState } from '../host/files.ts';
import { withLock } from '../host/lock.ts';
import { explainFull } from '../host/space.ts';
import { closest } from '../model/closest.ts';
import { AiVmError } from '../model/errors.ts';
import type { Applied, MachinePaths } from '../model/machine.ts';
import type { Observed } from '../model/observed.ts';
import { observe } from '../reconcile/observe.ts';
import { markFrozen } from './applied.ts';
import { chainOf } from './chain.ts';
import { collapse } from './collapse.ts';
import type { Context } from './context.ts';
import { withControl } from './control.ts';
import { createOverlay } from './disk.ts';
import { runningBoot } from './freeze/boot.ts';
import { copySparse, whileStopped } from './freeze/freeze.ts';
import { mend, observeWhole } from './freeze/mend.ts';
import { requireSavable } from './freeze/savable.ts';
import { diskMark, readSaved, saveMachine } from './freeze/saved.ts';
import { attachShares, detachShares } from './freeze/shares.ts';
import { switchDisk, takeBack } from './freeze/switch.ts';
import { collectLayers, forgetNames, overlayOn, pushLayer } from './layers.ts';
import { chooseAny, onlyMachine } from './select.ts';
import { stop } from './stop.ts';

/** snapshot.json */
interface Snapshot {
  readonly formatVersion: 1;
  readonly name: string;
  readonly createdAt: string;
  readonly applied: Applied;
  readonly memory: boolean;
}

export interface SnapshotRow {
  readonly vm: string;
  readonly name: string;
  readonly createdAt: string;
  readonly memory: boolean;
  /** Bytes of its own on disk, what it shares with the machine left out. */
  readonly size: number;
}

const isSnapshot = (value: unknown): value is Snapshot => {
  const it = value as { formatVersion?: unknown; name?: unknown; applied?: { config?: { name?: unknown } } } | null;
  return it?.formatVersion === 1 && typeof it.name === 'string' && typeof it.applied?.config?.name === 'string';
};

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const FILE = { manifest: 'snapshot.json', disk: 'disk.qcow2', scratch: 'scratch.img', memory: 'memory' } as const;

const read = async (dir: string): Promise<Snapshot | null> =>
  (await readState(join(dir, FILE.manifest), isSnapshot)).value;

/** @throws AiVmError `usage` with the closest name */
async function find(paths: MachinePaths, vm: string, name: string): Promise<{ dir: string; snapshot: Snapshot }> {
  const dir = join(paths.snapshots, name);
  const snapshot = NAME.test(name) ? await read(dir) : null;
  if (snapshot) return { dir, snapshot };
  const known = await readdir(paths.snapshots).catch(() => []);
  const meant = closest(name, known);
  throw new AiVmError('usage', `${vm} has no snapshot "${name}"`, {
    vm,
    fix: meant ? `Did you mean ${meant}?` : `Its snapshots: ${known.sort().join(', ') || 'none'}.`,
  });
}

/** It stays marked as frozen: whoever finds it so has to clear away what is half there. */
async function saveRunning(context: Context, seen: Observed, dir: string): Promise<void> {
  const { applied, process } = requireSavable(seen);
  const boot = await runningBoot(context, seen);
  const { paths, vm } = boot;
  const { signal } = context;
  await markFrozen(paths, true);
  const back = (): Promise<string[]> => attachShares(context, boot, new AbortController().signal);
  try {
    await detachShares(boot, signal);
    await whileStopped(paths, signal, async (qmp) => {
      if (vm.overlay) await copySparse(paths.scratch, join(dir, FILE.scratch), signal);
      else await createOverlay(await switchDisk(context, boot, qmp), join(dir, FILE.disk), signal);
      await saveMachine(qmp, boot, process.pid, applied, join(dir, FILE.memory), signal);
    });
  } catch (error) {
    await back()
      .then(() => withControl(paths, (qmp) => takeBack(context.project.paths, paths, qmp)))
      .then(() => markFrozen(paths, false))
      .catch(() => undefined);
    throw error;
  }
  for (const what of await back())
    context.emit({ type: 'warning', vm: vm.name, message: `${vm.name} could not ${what}` });
}

async function saveStopped(context: Context, { vm, applied, suspended }: Observed, dir: string): Promise<void> {
  const { paths: project, runAs } = context.project;
  const paths = context.project.machine(vm);
  if (suspended) {
    throw new AiVmError('machine.not-running', `${vm} is suspended`, {
      vm,
      fix: `ai-vm up ${vm}, then take the snapshot.`,
    });
  }
  if (applied?.config.overlay) {
    throw new AiVmError('usage', `${vm} forgets, and does not run: there is nothing to save`, { vm });
  }
  const { layer } = await pushLayer(paths.disk, project, runAs, context.signal);
  await forgetNames(paths.disk);
  await createOverlay(layer, join(dir, FILE.disk), context.signal);
}

/** @returns whether the memory is in it */
export async function saveSnapshot(
  context: Context,
  name: string,
  wanted: string | undefined,
): Promise<{ readonly vm: string; readonly memory: boolean }> {
  const vm = await onlyMachine(context, wanted);
  if (!NAME.test(name)) {
    throw new AiVmError('usage', `"${name}" is no name for a snapshot`, {
      fix: 'Letters, digits, `.`, `_` and `-`, at most 63.',
    });
  }
  const paths = context.project.machine(vm);
  await context.prepare();
  return withLock(context.project.paths.lock, context.lockOptions, async () => {
    const seen = await observeWhole(context, vm);
    if (!seen.applied) throw new AiVmError('machine.not-running', `${vm} has never run`, { vm, fix: `ai-vm up ${vm}` });
    const dir = join(paths.snapshots, name);
    if (await lstat(dir).catch(() => null)) {
      throw new AiVmError('usage', `${vm} has a snapshot "${name}" already`, {
        vm,
        fix: `ai-vm snapshot rm ${name} ${vm}, or choose another name.`,
      });
    }
    const partial = join(paths.snapshots, `.${name}.partial`);
    await removeTree(partial);
    await mkdir(partial, { recursive: true, mode: 0o700 });
    const memory = seen.process !== null;
    let taken = false;
    try {
      if (memory) await saveRunning(context, seen, partial);
      else await saveStopped(context, seen, partial);
      taken = memory;
      const snapshot: Snapshot = {
        ...{ formatVersion: 1, name, createdAt: new Date().toISOString(), applied: seen.applied, memory },
      };
      await writeState(join(partial, FILE.manifest), snapshot);
      await rename(partial, dir);
    } catch (error) {
      await mend(context, vm).catch(() => undefined);
      throw await explainFull(error, { what: `a snapshot of ${vm}`, dir: paths.dir, vm });
    } finally {
      // Up to here the next command would have cleared away what is half there.
      if (taken) await markFrozen(paths, false);
    }
    return { vm, memory };
  });
}

export async function listSnapshots(context: Context, names: readonly string[]): Promise<SnapshotRow[]> {
  const rows: SnapshotRow[] = [];
  for (const vm of await chooseAny(context, names)) {
    const { snapshots } = context.project.machine(vm);
    for (const name of (await readdir(snapshots).catch(() => [])).sort()) {
      const snapshot = name.startsWith('.') ? null : await read(join(snapshots, name));
      if (!snapshot) continue;
      const size = (await readSaved(join(snapshots, name, FILE.memory)))?.size ?? 0;
      rows.push({ vm, name, createdAt: snapshot.createdAt, memory: snapshot.memory, size });
    }
  }
  return rows;
}

/**
 * Puts a machine back to what it was. What it is now is lost; it stands still when this returns, and the next `up` lets it go on.
 * @param consent asked before a machine that exists is overwritten
 */
export async function restoreSnapshot(
  context: Context,
  name: string,
  wanted: string | undefined,
  consent: (vm: string) => Promise<boolean>,
): Promise<{ readonly vm: string; readonly memory: boolean } | null> {
  const vm = await onlyMachine(context, wanted);
  const paths = context.project.machine(vm);
  const { snapshot } = await find(paths, vm, name);
  if (!(await consent(vm))) return null;
  if ((await observe(vm, paths)).process) await stop(context, { vms: [vm], grace: 0 });
  await context.prepare();
  return withLock(context.project.paths.lock, context.lockOptions, async () => {
    const { dir } = await find(paths, vm, name);
    if ((await observe(vm, paths)).process) {
      throw new AiVmError('machine.not-running', `${vm} was started again in the meantime`, { vm, fix: 'Try again.' });
    }
    // Without its memory first, so that what is half restored is a machine that boots.
    await removeTree(paths.suspended);
    const { runAs } = context.project;
    const layer = (await chainOf(join(dir, FILE.disk))).at(0);
    if (snapshot.applied.config.overlay) await copySparse(join(dir, FILE.scratch), paths.scratch, context.signal);
    else if (layer !== undefined) await overlayOn(layer, paths.disk, runAs, context.signal);
    await writeState(paths.applied, { ...snapshot.applied, stopped: true });
    if (snapshot.memory) await suspendFrom(join(dir, FILE.memory), paths, snapshot);
    await forgetNames(paths.disk);
    await collectLayers(context.project.paths);
    return { vm, memory: snapshot.memory };
  });
}

/** The memory of a snapshot as that of a suspended machine: the same files under other names. */
async function suspendFrom(from: string, paths: MachinePaths, { applied }: Snapshot): Promise<void> {
  const saved = await readSaved(from);
  if (!saved) throw new AiVmError('image.corrupt', 'the memory of the snapshot is damaged', { why: from });
  const partial = `${paths.suspended}.partial`;
  await removeTree(partial);
  await mkdir(partial, { mode: 0o700 });
  for (const name of await readdir(from)) {
    if (name !== 'saved.json') await link(join(from, name), join(partial, name));
  }
  const disk = await diskMark(applied.config.overlay ? paths.scratch : paths.disk);
  await writeState(join(partial, 'saved.json'), { ...saved, disk });
  await rename(partial, paths.suspended);
}

export async function removeSnapshot(context: Context, name: string, wanted: string | undefined): Promise<string> {
  const vm = await onlyMachine(context, wanted);
  const paths = context.project.machine(vm);
  await context.prepare();
  return withLock(context.project.paths.lock, context.lockOptions, async () => {
    const { dir } = await find(paths, vm, name);
    const going = join(paths.snapshots, `.${name}.partial`);
    await removeTree(going);
    // From here on it does not count; what is left of it goes with the next one.
    await rename(dir, going);
    await removeTree(going);
    await collectLayers(context.project.paths);
    await collapse(context, vm);
    return vm;
  });
}
