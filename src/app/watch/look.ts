/** What a round of a watch acts on: the machines as they are, and what this host has allowed. */
import { access } from 'node:fs/promises';
import { withLock } from '../../host/lock.ts';
import type { VmConfig } from '../../model/desired.ts';
import type { Observed } from '../../model/observed.ts';
import { observe } from '../../reconcile/observe.ts';
import { givenDigests } from '../approvals.ts';
import { requireDesired, type Context } from '../context.ts';
import { realPaths } from '../real-paths.ts';
import { existing } from '../select.ts';
import type { HoldInput } from './hold.ts';

export interface Sight extends Omit<HoldInput, 'desired'> {
  /** The declared machines. */
  readonly seen: readonly Observed[];
  /** Machines that run and are not in the file, but for forks, which never are. */
  readonly orphans: readonly Observed[];
  /** QEMU removes its pid file when it ends of itself, and cannot when it crashes or is killed. */
  readonly endedCleanly: ReadonlySet<string>;
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Under the lock: a machine that another command is just starting or stopping looks like one that has died. */
export async function look(context: Context): Promise<Sight> {
  const declared = requireDesired(context).vms.map((vm) => vm.name);
  await context.prepare();
  const all = await withLock(context.project.paths.lock, context.lockOptions, async () => {
    const names = new Set([...declared, ...(await existing(context))]);
    return Promise.all([...names].map((name) => observe(name, context.project.machine(name))));
  });
  const seen = all.filter(({ vm }) => declared.includes(vm));
  const orphans = all.filter((o) => !declared.includes(o.vm) && o.process && o.identity?.parent === undefined);
  const down = seen.filter((o) => o.process === null);
  const kept = await Promise.all(down.map(({ vm }) => isThere(context.project.machine(vm).pidFile)));
  const applied = new Map<string, VmConfig>(seen.flatMap((o) => (o.applied ? [[o.vm, o.applied.config]] : [])));
  const given = await givenDigests(context);
  return {
    seen,
    orphans,
    endedCleanly: new Set(down.filter((_, index) => !kept[index]).map(({ vm }) => vm)),
    applied,
    realPaths: await realPaths([...requireDesired(context).vms, ...applied.values()]),
    isGiven: (ask) => given.has(ask.digest),
  };
}
