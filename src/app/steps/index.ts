/** One handler per kind of step: the effects behind the plan. */
import type { VmConfig } from '../../model/desired.ts';
import type { Bundle } from '../../model/image.ts';
import type { Observed } from '../../model/observed.ts';
import type { Handlers } from '../../reconcile/execute.ts';
import type { Context } from '../context.ts';
import { createStep } from './create.ts';
import { deleteStep } from './delete.ts';
import { healthStep } from './health.ts';
import { imageStep } from './image.ts';
import { provisionStep } from './provision.ts';
import { readyStep } from './ready.ts';
import { startStep } from './start.ts';
import { stopStep } from './stop.ts';

/** What the handlers of one execution share. */
export interface Execution {
  readonly vms: readonly VmConfig[];
  readonly observed: ReadonlyMap<string, Observed>;
  /** Machine → digest of the image that it would be made from now. */
  readonly images: ReadonlyMap<string, string>;
  /** False: `ready` and what follows it return at once. */
  readonly wait: boolean;
  /** Milliseconds until a machine must answer; null: by accelerator. */
  readonly timeout: number | null;
  /** Milliseconds that a guest has to shut down; null: the default. */
  readonly grace: number | null;
}

/** An execution with what it collects on its way. */
export interface Run extends Execution {
  /** Digest → bundle, found or built in this run. */
  readonly bundles: Map<string, Bundle>;
  /** Host ports that machines of this run have taken. */
  readonly takenPorts: Set<number>;
}

export function makeHandlers(context: Context, execution: Execution): Handlers {
  const run: Run = { ...execution, bundles: new Map(), takenPorts: new Set() };
  return {
    image: (step, at) => imageStep(context, run, step, at),
    create: (step, at) => createStep(context, run, step, at),
    delete: (step) => deleteStep(context, step),
    start: (step, at) => startStep(context, run, step, at),
    ready: (step, at) => readyStep(context, run, step, at),
    provision: (step, at) => provisionStep(context, run, step, at),
    health: (step, at) => healthStep(context, run, step, at),
    stop: (step, at) => stopStep(context, run, step, at),
  };
}

/** The declared machine that a step is about. */
export function configOf(run: Execution, vm: string): VmConfig {
  const found = run.vms.find((config) => config.name === vm);
  if (!found) throw new Error(`${vm} is in the plan and not in the configuration`);
  return found;
}
