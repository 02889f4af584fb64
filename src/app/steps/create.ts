import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TEMPLATE } from '../../images/templates.ts';
import { writeState } from '../../host/files.ts';
import { prepareMachine } from '../../host/directories.ts';
import type { Step } from '../../model/plan.ts';
import type { StepContext } from '../../reconcile/execute.ts';
import type { Context } from '../context.ts';
import { copyDisk, createDisk } from '../disk.ts';
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
  const identity = await makeIdentity(step.vm, paths, config.image.provider, at.signal);
  if (!config.overlay) {
    at.progress('making the disk');
    const template = run.templates.get(step.vm);
    if (template) await copyDisk(join(template.dir, TEMPLATE.disk), paths.disk);
    else await createDisk(paths.disk, bundle, config.storage, at.signal);
  }
  run.created.add(step.vm);
  await writeState(paths.identity, identity);
}
