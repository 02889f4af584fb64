/** What the handlers of one execution share. */
import type { VmConfig } from '../../model/desired.ts';
import type { Bundle } from '../../model/image.ts';
import type { Observed } from '../../model/observed.ts';

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
  /** Descriptor that holds the project's lock; null: nothing is started. */
  readonly lock: number | null;
}

/** An execution with what it collects on its way. */
export interface Run extends Execution {
  /** Digest → bundle, found or built in this run. */
  readonly bundles: Map<string, Bundle>;
  /** Host ports that machines of this run have taken. */
  readonly takenPorts: Set<number>;
}

/** The declared machine that a step is about. */
export function configOf(run: Execution, vm: string): VmConfig {
  const found = run.vms.find((config) => config.name === vm);
  if (!found) throw new Error(`${vm} is in the plan and not in the configuration`);
  return found;
}
