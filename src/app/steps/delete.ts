import { rm } from 'node:fs/promises';
import type { Step } from '../../model/plan.ts';
import type { Context } from '../context.ts';

/** identity.json goes first: a deletion that is cut off leaves a machine that does not exist, not one without a disk. */
export async function deleteStep(context: Context, step: Step): Promise<void> {
  const paths = context.project.machine(step.vm);
  await rm(paths.identity, { force: true });
  await rm(paths.run, { recursive: true, force: true });
  await rm(paths.dir, { recursive: true, force: true });
}
