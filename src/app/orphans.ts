/** Machines that no file declares: those that left it are never more than stopped, and those that never came to be are nobody's. */
import type { Observed } from '../model/observed.ts';
import { observe } from '../reconcile/observe.ts';
import type { Context } from './context.ts';
import { declared, existing } from './select.ts';

/** A copy that does not know yet that it is one, or files of a machine that has neither a disk nor a number. */
function isHalf({ state, identity, applied }: Observed): boolean {
  if (applied?.settled === false) return identity === null || identity.parent !== undefined;
  return state === 'absent' && applied === null;
}

interface Undeclared {
  /** They run, hold memory and ports, and no file says so. Sorted by name. */
  readonly orphans: readonly Observed[];
  /** Names of what is left of forks; while somebody makes a fork, it is among them. */
  readonly halves: readonly string[];
}

/** Reads only. */
export async function undeclared(context: Context): Promise<Undeclared> {
  const known = declared(context);
  const names = (await existing(context)).filter((name) => !known.includes(name)).sort();
  const seen = await Promise.all(names.map((vm) => observe(vm, context.project.machine(vm))));
  // A fork is what its record says, and belongs to no file.
  const orphans = seen.filter(({ identity, process }) => identity?.parent === undefined && process !== null);
  return { orphans, halves: seen.filter(isHalf).map(({ vm }) => vm) };
}

/** @param stopped those that are seen to */
export function warnOfUndeclared(context: Context, found: Undeclared, stopped: ReadonlySet<string>): void {
  for (const { vm } of found.orphans.filter((o) => !stopped.has(o.vm))) {
    const message = `${vm} runs and is not in the file: ai-vm down ${vm} stops it, and so does ai-vm up --remove-orphans`;
    context.emit({ type: 'warning', message });
  }
}
