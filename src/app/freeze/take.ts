/** Takes a running machine as it is at one moment: memory and device state as files without names, the disk as a layer. */
import { rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent } from '../../guest/agent.ts';
import { RELEASE_WAITING } from '../../guest/waiting.ts';
import { pluggedBackend } from '../../model/chassis.ts';
import { explainFull } from '../../host/space.ts';
import { together } from '../../host/together.ts';
import type { Waiting } from '../../images/templates.ts';
import { messageOf } from '../../model/errors.ts';
import type { Observed } from '../../model/observed.ts';
import type { BootContext } from '../../model/resource.ts';
import { openMemory } from '../../qemu/memory-image.ts';
import { saveState, withoutRam } from '../../qemu/migration.ts';
import type { Qmp } from '../../qemu/qmp.ts';
import { markFrozen } from '../applied.ts';
import type { Context } from '../context.ts';
import { withControl } from '../control.ts';
import { copySparse, fdPath, memoryDir, nameless, touchedBytes, whileStopped } from './freeze.ts';
import { attachShares, detachShares } from './shares.ts';
import { switchDisk, takeBack } from './switch.ts';
import { beginWaiting } from './waiting.ts';

/** What became of the shares of a machine that was copied. */
export interface SharesBack {
  /** False: it has to be given them by the next command. */
  readonly whole: boolean;
  /** What could not be given back, for people. */
  readonly lost: readonly string[];
}

export interface Frozen {
  readonly memory: FileHandle;
  readonly plugged: FileHandle;
  /** Path of QEMU's device state. */
  readonly state: string;
  /** What was the machine's disk; null for one that forgets. */
  readonly layer: string | null;
  /** Path of a copy of the scratch disk of one that forgets. */
  readonly scratch: string | null;
  readonly provisioned: readonly string[];
  /** Packages on its disk that are not in its image. */
  readonly installed: readonly string[] | undefined;
  /** The shell that waits in each copy for its script. */
  readonly waiting: Partial<Waiting>;
  readonly pause: number;
  readonly touched: number;
  /** Settles when that is over; never rejects. */
  readonly back: Promise<SharesBack>;
  release(): Promise<void>;
}

/**
 * The machine stands still while its memory is copied, and is given its shares back when this returns. It stays marked as frozen.
 * @throws AiVmError `guest.agent` when a share is in use, `host.memory`
 */
export async function takeFrozen(context: Context, boot: BootContext, seen: Observed): Promise<Frozen> {
  const { paths, vm, runAs } = boot;
  const { signal } = context;
  const dir = await memoryDir(paths.run);
  const state = join(paths.dir, 'frozen.state');
  const scratch = vm.overlay ? join(paths.dir, 'frozen.scratch') : null;
  const files: FileHandle[] = [];
  const release = async (): Promise<void> => {
    for (const file of files.splice(0)) await file.close();
    for (const path of [state, scratch]) if (path !== null) await rm(path, { force: true });
  };
  const memoryFile = async (name: string): Promise<FileHandle> => {
    const file = await nameless(dir, `ai-vm-${process.pid}-${name}`);
    files.push(file);
    if (runAs.drop) await file.chown(runAs.uid, runAs.gid);
    return file;
  };
  try {
    await rm(state, { force: true });
    const [memory, plugged] = [await memoryFile('memory'), await memoryFile('plugged')];
    const [from, fromPlugged] = [
      await openMemory(seen.process!.pid, boot.chassis.memory.base, 'r'),
      await openMemory(seen.process!.pid, pluggedBackend(boot.chassis.memory), 'r'),
    ];
    files.push(from, fromPlugged);
    const touched = (await touchedBytes(from)) + (await touchedBytes(fromPlugged));
    let layer: string | null = null;
    await markFrozen(paths, true);
    const take = async (qmp: Qmp): Promise<void> => {
      const failed = new AbortController();
      const either = AbortSignal.any([signal, failed.signal]);
      // Nothing writes to it any more, so that it need not wait for the rest, nor the rest for it.
      const copied = together([
        copySparse(fdPath(from), fdPath(memory), either),
        copySparse(fdPath(fromPlugged), fdPath(plugged), either),
      ]).catch(async (error: unknown) => {
        const what = `a copy of the memory of ${seen.vm}`;
        throw await explainFull(error, { what, dir, needed: touched, vm: seen.vm });
      });
      const rest = async (): Promise<void> => {
        if (scratch === null) layer = await switchDisk(context, boot, qmp);
        else await copySparse(paths.scratch, scratch, signal);
        await withoutRam(qmp);
        await saveState(qmp, state, paths.migration, runAs);
      };
      const whole = rest().catch((error: unknown) => {
        failed.abort(error);
        throw error;
      });
      await together([whole, copied]);
    };
    const back = (): Promise<readonly string[]> => attachShares(context, boot, new AbortController().signal);
    const agent = new Agent(paths.agent);
    const taken = { waiting: {} as Partial<Waiting>, pause: 0 };
    try {
      const shell = await beginWaiting(agent, signal);
      try {
        await detachShares(boot, signal);
        taken.waiting = await shell.come();
        taken.pause = await whileStopped(paths, signal, take).catch(async (error: unknown) => {
          // First of all, for what comes next needs room: what has been taken goes.
          await release();
          throw error;
        });
      } finally {
        await shell.end();
      }
    } catch (error) {
      // What went wrong first is what people should read.
      await back()
        .then(() => agent.exec(['/bin/sh', '-c', RELEASE_WAITING]))
        .then(() => withControl(paths, (qmp) => takeBack(context.project.paths, paths, qmp)))
        .then(() => markFrozen(paths, false))
        .catch(() => undefined);
      throw error;
    }
    return {
      memory,
      plugged,
      state,
      layer,
      scratch,
      provisioned: seen.applied?.provisioned ?? [],
      installed: seen.applied?.installed,
      ...taken,
      touched,
      back: back().then(
        (lost) => ({ whole: true, lost }),
        (error: unknown) => ({
          whole: false,
          lost: [`get its shares back: ${messageOf(error)}`],
        }),
      ),
      release,
    };
  } catch (error) {
    await release();
    throw await explainFull(error, { what: `the state of ${seen.vm}`, dir: paths.dir, vm: seen.vm });
  }
}
