/** `rename`: a stopped machine goes on under another name, with its disk, keys and snapshots. */
import { readdir, rename as move, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { hostName } from '../config/names.ts';
import { readState, writeState } from '../host/files.ts';
import { withLock } from '../host/lock.ts';
import { endRuntime } from '../host/logs.ts';
import { AiVmError } from '../model/errors.ts';
import type { Applied, MachinePaths } from '../model/machine.ts';
import { observe } from '../reconcile/observe.ts';
import { reviseApplied } from './applied.ts';
import { requireName } from './child.ts';
import type { Context } from './context.ts';
import { rememberAs } from './remember.ts';
import { declared, existing, onlyMachine } from './select.ts';

const called = (applied: Applied, name: string): Applied => ({
  ...applied,
  config: { ...applied.config, name, hostname: hostName(name) },
});

const hasApplied = (value: unknown): value is { readonly applied: Applied } =>
  typeof (value as { applied?: { config?: { name?: unknown } } } | null)?.applied?.config?.name === 'string';

/** What is restored from a snapshot has to have the new name, too. */
async function renameSnapshots({ snapshots }: MachinePaths, name: string): Promise<void> {
  for (const each of await readdir(snapshots).catch(() => [])) {
    for (const file of [join(snapshots, each, 'snapshot.json'), join(snapshots, each, 'memory', 'saved.json')]) {
      const { value } = await readState(file, hasApplied);
      if (value) await writeState(file, { ...value, applied: called(value.applied, name) });
    }
  }
}

/** Copies of it say whose they are. */
async function renameParent(context: Context, vm: string, name: string): Promise<void> {
  for (const other of await existing(context)) {
    const paths = context.project.machine(other);
    const { identity } = await observe(other, paths);
    if (identity?.parent === vm) await writeState(paths.identity, { ...identity, parent: name });
  }
}

/** @returns what is left to do in the file, for people; null when it says the new name already */
export async function rename(context: Context, wanted: string, name: string): Promise<string | null> {
  const { project } = context;
  requireName(name);
  const vm = await onlyMachine(context, wanted);
  const [from, to] = [project.machine(vm), project.machine(name)];
  await context.prepare();
  await withLock(project.paths.lock, context.lockOptions, async () => {
    const { state, process, suspended } = await observe(vm, from);
    if (state === 'absent') throw new AiVmError('machine.not-running', `${vm} has never run`, { vm });
    if (process ?? (suspended || null)) {
      const fix = `ai-vm ${suspended ? `up ${vm}, then ai-vm ` : ''}stop ${vm}, then rename it.`;
      throw new AiVmError('usage', `${vm} ${suspended ? 'is suspended' : 'runs'}, and cannot be renamed now`, {
        vm,
        fix,
      });
    }
    if ((await existing(context)).includes(name)) {
      throw new AiVmError('usage', `there is a machine ${name} already`, { fix: 'Choose another name.' });
    }
    await endRuntime(from);
    // Under its new name it is another machine's only when it is whole: one rename.
    await move(from.dir, to.dir);
    await reviseApplied(to, (applied) => called(applied, name));
    await renameSnapshots(to, name);
    await renameParent(context, vm, name);
    // It starts a machine of the old name.
    await rm(join(to.dir, basename(from.startScript)), { force: true });
    await rememberAs(context, vm, name);
  });
  return project.adHoc ? null : leftInFile(context, vm, name);
}

function leftInFile(context: Context, vm: string, name: string): string | null {
  const names = declared(context);
  if (names.includes(vm))
    return `the file still declares ${vm}: call it ${name} there, or the next up makes a new ${vm}`;
  return null;
}
