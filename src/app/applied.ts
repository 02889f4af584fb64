/** The record of a machine's last start, changed in place. */
import { readState, writeState } from '../host/files.ts';
import type { Applied, MachinePaths } from '../model/machine.ts';
import { isApplied } from '../reconcile/observe.ts';

export const readApplied = async ({ applied }: MachinePaths): Promise<Applied | null> =>
  (await readState<Applied>(applied, isApplied)).value;

/**
 * Writes what `revise` makes of the record; does nothing where there is none.
 * @returns the record as it is now
 */
export async function reviseApplied(
  paths: MachinePaths,
  revise: (applied: Applied) => Applied,
): Promise<Applied | null> {
  const value = await readApplied(paths);
  if (!value) return null;
  const revised = revise(value);
  await writeState(paths.applied, revised);
  return revised;
}

/** Says on disk that the machine stands still without its shares, so that whoever comes next lets it go on. */
export async function markFrozen(paths: MachinePaths, frozen: boolean): Promise<void> {
  await reviseApplied(paths, ({ frozen: _before, ...rest }) => (frozen ? { ...rest, frozen } : rest));
}
