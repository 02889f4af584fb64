import { rm } from 'node:fs/promises';
import { removeTree } from '../../host/directories.ts';
import type { Step } from '../../model/plan.ts';
import type { Context } from '../context.ts';
import { collectLayers } from '../layers.ts';

/**
 * What is known of the machine goes before its disk: a deletion that is cut off leaves a disk without a history, which is
 * seen and can be deleted again, or nothing that counts.
 */
export async function deleteStep(context: Context, step: Step): Promise<void> {
  const paths = context.project.machine(step.vm);
  for (const file of [paths.identity, paths.applied]) await rm(file, { force: true });
  await removeTree(paths.run);
  await removeTree(paths.dir);
  await collectLayers(context.project.paths);
}
