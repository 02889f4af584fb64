/** What a command that was killed has left of a fork, a snapshot or a suspension. All of it under the project's lock. */
import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent } from '../../guest/agent.ts';
import { RELEASE_WAITING } from '../../guest/waiting.ts';
import { removeTree } from '../../host/directories.ts';
import { messageOf } from '../../model/errors.ts';
import type { MachinePaths } from '../../model/machine.ts';
import type { Observed } from '../../model/observed.ts';
import type { Qmp } from '../../qemu/qmp.ts';
import { observe } from '../../reconcile/observe.ts';
import { reviseApplied } from '../applied.ts';
import { collapse } from '../collapse.ts';
import type { Context } from '../context.ts';
import { withControl } from '../control.ts';
import { collectLayers } from '../layers.ts';
import { runningBoot } from './boot.ts';
import { attachShares } from './shares.ts';
import { takeBack } from './switch.ts';

/** Files that are there only while somebody works on the machine. */
async function remnants({ dir, disk, suspended, snapshots }: MachinePaths): Promise<string[]> {
  const halves = (await readdir(snapshots).catch(() => [])).filter((name) => /^\..*\.partial$/.test(name));
  return [
    ...['frozen.state', 'frozen.scratch'].map((name) => join(dir, name)),
    ...[suspended, disk].map((path) => `${path}.partial`),
    ...halves.map((name) => join(snapshots, name)),
  ];
}

/**
 * Removes what is left of others' work, and makes one disk of what was to become two. Does next to nothing where nothing is left.
 * A machine that stands still is let go on before: see {@link thaw}.
 */
export async function mend(context: Context, vm: string): Promise<void> {
  const paths = context.project.machine(vm);
  for (const path of await remnants(paths)) {
    if (!(await lstat(path).catch(() => null))) continue;
    await (path.endsWith('.partial') ? removeTree(path) : rm(path, { force: true }));
  }
  // On another disk than that with which it was saved, the memory of a suspended machine makes no sense.
  if (await lstat(paths.suspended).catch(() => null)) return;
  await collectLayers(context.project.paths);
  // It takes room, which there may not be now, and is nothing that anybody waits for: the next one tries it again.
  await collapse(context, vm).catch((error: unknown) => {
    context.signal.throwIfAborted();
    const why = messageOf(error);
    context.emit({ type: 'warning', vm, message: `the disk of ${vm} is still in two parts: ${why}` });
  });
}

/**
 * A machine that was stopped to be copied, by somebody who is gone, goes on, at the time that it is, and has its shares back.
 * @returns what could not be done, for people
 */
export async function thaw(context: Context, seen: Observed, signal: AbortSignal): Promise<string[]> {
  const boot = await runningBoot(context, seen);
  const { paths } = boot;
  // It writes its disk from here on: what was saved beside it makes no sense any more.
  await removeTree(paths.suspended);
  const goOn = async (qmp: Qmp): Promise<void> => {
    try {
      await takeBack(context.project.paths, paths, qmp);
    } finally {
      // It stays marked as frozen where that failed, so that the next command tries it again. The machine has waited long enough.
      await qmp.execute('cont');
    }
  };
  await withControl(paths, goOn, signal);
  await new Agent(paths.agent).exec(['/bin/sh', '-c', RELEASE_WAITING], { signal });
  const lost = await attachShares(context, boot, signal, { setClock: true });
  await mend(context, seen.vm);
  await reviseApplied(paths, ({ frozen: _before, ...rest }) => ({ ...rest, stopped: false }));
  return lost;
}

/** The machine as it is when nobody else has left anything undone. */
export async function observeWhole(context: Context, vm: string): Promise<Observed> {
  const paths = context.project.machine(vm);
  const seen = await observe(vm, paths);
  const half = seen.process !== null && seen.applied?.frozen === true && !seen.halfRestored;
  if (!half) {
    await mend(context, vm);
    return seen;
  }
  const lost = await thaw(context, seen, context.signal);
  for (const what of lost) context.emit({ type: 'warning', vm, message: `${vm} could not ${what}` });
  return observe(vm, paths);
}
