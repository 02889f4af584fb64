import { rm } from 'node:fs/promises';
import { writeState } from '../../host/files.ts';
import { prepareMachine } from '../../host/directories.ts';
import type { Step } from '../../model/plan.ts';
import type { StepContext } from '../../reconcile/execute.ts';
import type { Context } from '../context.ts';
import { createDisk } from '../disk.ts';
import { makeIdentity } from '../identity.ts';
import { bundleOf } from '../images.ts';
import { configOf, type Run } from './run.ts';

/** Keys, numbers and the disk. identity.json comes last: before it is there, the machine does not exist. */
export async function createStep(context: Context, run: Run, step: Step, at: StepContext): Promise<void> {
  const paths = context.project.machine(step.vm);
  const config = configOf(run, step.vm);
  const bundle = await bundleOf(context, run, step.vm, null);
  await prepareMachine(paths, context.project.runAs);
  // Of a machine whose deletion was cut off: the new one has no history.
  await rm(paths.applied, { force: true });
  at.progress('making keys');
  const identity = await makeIdentity(step.vm, paths, at.signal);
  if (!config.overlay) {
    at.progress('making the disk');
    await createDisk(paths.disk, bundle, config.storage, at.signal);
  }
  await writeState(paths.identity, identity);
}
