/** One handler per kind of step: the effects behind the plan. */
import type { Handlers } from '../../reconcile/execute.ts';
import type { Context } from '../context.ts';
import { changeStep } from './change.ts';
import { createStep } from './create.ts';
import { deleteStep } from './delete.ts';
import { healthStep } from './health.ts';
import { imageStep } from './image.ts';
import { provisionStep } from './provision.ts';
import { readyStep } from './ready.ts';
import type { Execution, Run } from './run.ts';
import { releaseStep } from './release.ts';
import { startStep } from './start.ts';
import { stopStep } from './stop.ts';
import { thawStep } from './thaw.ts';
import { templateStep } from './template.ts';

export function makeHandlers(context: Context, execution: Execution): Handlers {
  const run: Run = {
    ...execution,
    ...{ bundles: new Map(), takenPorts: new Set(), created: new Set(), clones: new Map(), greetings: new Map() },
  };
  return {
    image: (step, at) => imageStep(context, run, step, at),
    template: (step, at) => templateStep(context, run, step, at),
    create: (step, at) => createStep(context, run, step, at),
    delete: (step) => deleteStep(context, step),
    start: (step, at) => startStep(context, run, step, at),
    thaw: (step, at) => thawStep(context, run, step, at),
    ready: (step, at) => readyStep(context, run, step, at),
    change: (step, at) => changeStep(context, run, step, at),
    release: (step, at) => releaseStep(context, run, step, at),
    provision: (step, at) => provisionStep(context, run, step, at),
    health: (step, at) => healthStep(context, run, step, at),
    stop: (step, at) => stopStep(context, run, step, at),
  };
}
