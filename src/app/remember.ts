/** Keeps what ad-hoc machines are, as long as they are. */
import { rm } from 'node:fs/promises';
import { writeText } from '../host/files.ts';
import { withLock } from '../host/lock.ts';
import type { Desired } from '../model/desired.ts';
import { give } from './approvals.ts';
import type { Context } from './context.ts';

const HEADER =
  '# Made from the flags of `ai-vm up`, where there was no ai-vm.yaml. `ai-vm init` makes a file of the project from it.\n';

async function keep(context: Context, desired: Desired): Promise<void> {
  // Where a file declares the machines, no writer is loaded.
  const { printConfig } = await import('../config/print.ts');
  await writeText(context.project.paths.adHoc, HEADER + printConfig(desired, 'yaml'));
}

/** Keeps what the flags say, and the consent that saying it was. */
export async function remember(context: Context): Promise<void> {
  const { adHoc, paths } = context.project;
  if (!adHoc || !context.given) return;
  await context.prepare();
  await withLock(paths.lock, context.lockOptions, async () => {
    await keep(context, await adHoc.reload());
    await give(context, context.word);
  });
}

/** A machine goes on under another name. The caller has the lock. */
export async function rememberAs(context: Context, vm: string, name: string): Promise<void> {
  const { adHoc } = context.project;
  if (!adHoc) return;
  const desired = await adHoc.reload();
  await keep(context, { ...desired, vms: desired.vms.map((each) => (each.name === vm ? { ...each, name } : each)) });
}

/** Forgets machines that were deleted. With the last of them goes what the user had consented to. The caller has the lock. */
export async function forget(context: Context, names: readonly string[]): Promise<void> {
  const { adHoc, paths } = context.project;
  if (!adHoc) return;
  const desired = await adHoc.reload();
  const vms = desired.vms.filter((vm) => !names.includes(vm.name));
  if (vms.length > 0) return keep(context, { ...desired, vms });
  await Promise.all([rm(paths.adHoc, { force: true }), rm(paths.approvals, { force: true })]);
}
