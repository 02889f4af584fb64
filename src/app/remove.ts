/** `rm`: machines with their disks, keys and logs. */
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { removeTree } from '../host/directories.ts';
import { withLock } from '../host/lock.ts';
import { EXIT } from '../model/errors.ts';
import { execute } from '../reconcile/execute.ts';
import { observe } from '../reconcile/observe.ts';
import { planRemove } from '../reconcile/plan.ts';
import { collapse } from './collapse.ts';
import type { Context } from './context.ts';
import { forget } from './remember.ts';
import { chooseAny, existing } from './select.ts';
import { makeHandlers } from './steps/index.ts';

export interface RemoveOptions {
  readonly vms: readonly string[];
  /** Asked once, with the names of all machines that would go. */
  readonly consent: (names: readonly string[]) => Promise<boolean>;
  readonly onNothing: () => number;
}

/** @returns the exit code */
export async function remove(context: Context, options: RemoveOptions): Promise<number> {
  const names = await chooseAny(context, options.vms);
  const look = async (): Promise<Awaited<ReturnType<typeof observe>>[]> =>
    Promise.all(names.map((name) => observe(name, context.project.machine(name))));
  const victims = (await look()).filter((o) => o.state !== 'absent').map((o) => o.vm);
  if (victims.length === 0) {
    if (context.project.adHoc) {
      await withLock(context.project.paths.lock, context.lockOptions, () => forget(context, names));
    }
    await forgetGone(context);
    return options.onNothing();
  }
  if (!(await options.consent(victims))) return EXIT.failed;
  await context.prepare();
  const code = await withLock(context.project.paths.lock, context.lockOptions, async () => {
    // What appeared since the question was not consented to.
    const seen = (await look()).filter((o) => victims.includes(o.vm));
    const plan = planRemove(context.project.name, seen);
    context.emit({ type: 'plan', plan });
    const handlers = makeHandlers(context, {
      vms: [],
      observed: new Map(seen.map((o) => [o.vm, o])),
      images: new Map(),
      templates: new Map(),
      wait: true,
      timeout: null,
      // Whoever deletes the disk does not need it unmounted.
      grace: 0,
      lock: null,
    });
    const outcome = await execute(plan, handlers, context.emit, context.signal, () => performance.now());
    // What a fork and its source stood on together is the source's alone now.
    const parents = new Set(seen.flatMap(({ identity }) => identity?.parent ?? []));
    for (const vm of parents) if (!victims.includes(vm)) await collapse(context, vm);
    const left = await existing(context);
    await forget(
      context,
      victims.filter((vm) => !left.includes(vm)),
    );
    context.emit({ type: 'finished', ok: outcome.failed.size === 0 });
    return [...outcome.failed.values()][0]?.exitCode ?? EXIT.ok;
  });
  await forgetGone(context);
  return code;
}

/** A project without machines whose directory is gone is none any more. */
async function forgetGone(context: Context): Promise<void> {
  const { gone, paths } = context.project;
  if (!gone || (await existing(context)).length > 0) return;
  await removeTree(dirname(paths.projectFile));
  await rm(paths.approvals, { force: true });
}
