/** Machines that no file declares: copies of others, which are what their record says. */
import type { VmConfig } from '../model/desired.ts';
import { observe } from '../reconcile/observe.ts';
import { requireDesired, type Context } from './context.ts';

/** Configurations of those among these names that are forks. */
export async function forksOf(context: Context, names: readonly string[]): Promise<VmConfig[]> {
  const known = new Set(requireDesired(context).vms.map((vm) => vm.name));
  const found = await Promise.all(
    names
      .filter((name) => !known.has(name))
      .map(async (name) => {
        const { identity, applied } = await observe(name, context.project.machine(name));
        return identity?.parent !== undefined && applied ? [{ ...applied.config, name }] : [];
      }),
  );
  return found.flat();
}
