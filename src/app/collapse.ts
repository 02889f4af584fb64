/** Shortens the chain below a machine's disk: layers that nothing else stands on any more become part of the disk. */
import { isSameFile } from '../host/same-file.ts';
import type { MachinePaths } from '../model/machine.ts';
import { activeNode, diskNodes } from '../qemu/disk-nodes.ts';
import { Qmp } from '../qemu/qmp.ts';
import { observe } from '../reconcile/observe.ts';
import { chainOf } from './chain.ts';
import type { Context } from './context.ts';
import { rebaseDisk } from './disk.ts';
import { collectLayers, usersOfLayers } from './layers.ts';

/** A disk of many gigabytes takes a while (milliseconds). */
const STREAM = 3_600_000;

/** What a disk can stand on at once: the first file of its chain that others stand on too, or the image. */
async function baseOf(context: Context, disk: string): Promise<string | null> {
  const chain = await chainOf(disk).catch(() => []);
  if (chain.length < 2) return null;
  const users = await usersOfLayers(context.project.paths);
  const base = chain.find((file, n) => n === chain.length - 1 || (users.get(file) ?? 0) > 1);
  return base === undefined || base === chain[0] ? null : base;
}

/** Does nothing where nothing can be shortened. A machine that runs goes on while it is done. */
export async function collapse(context: Context, vm: string): Promise<void> {
  const paths = context.project.machine(vm);
  const base = await baseOf(context, paths.disk);
  if (base === null) return;
  const { process } = await observe(vm, paths);
  if (process) await stream(paths, base, context.signal);
  else await rebaseDisk(paths.disk, base, context.project.runAs, context.signal);
  await collectLayers(context.project.paths);
}

async function stream(paths: MachinePaths, base: string, signal: AbortSignal): Promise<void> {
  const events = await Qmp.connect(paths.qmp.events, { signal });
  const qmp = await Qmp.connect(paths.qmp.control, { signal });
  try {
    const job = 'ai-vm-collapse';
    await qmp.execute('block-stream', {
      ...{ 'job-id': job, device: await activeNode(qmp), 'base-node': await nodeOf(qmp, base) },
      ...{ 'backing-file': base, 'auto-dismiss': true },
    });
    const end = await events.waitEvent(
      ({ event, data }) => ['BLOCK_JOB_COMPLETED', 'BLOCK_JOB_CANCELLED'].includes(event) && data['device'] === job,
      { signal, timeout: STREAM },
    );
    const { error } = end.data;
    if (error !== undefined) throw new Error(`the disk could not be shortened: ${JSON.stringify(error)}`);
  } finally {
    qmp.close();
    events.close();
  }
}

/** QEMU's name for an open image, by the file and not by how it is written. */
async function nodeOf(qmp: Qmp, file: string): Promise<string> {
  for (const { node, file: open } of await diskNodes(qmp)) if (await isSameFile(open, file)) return node;
  throw new Error(`QEMU does not have ${file} open`);
}
