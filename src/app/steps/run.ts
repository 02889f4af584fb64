/** What the handlers of one execution share. */
import type { VmConfig } from '../../model/desired.ts';
import type { Context } from '../context.ts';
import type { Clone } from '../warm/clone.ts';
import type { Template } from '../../images/templates.ts';
import type { Bundle } from '../../model/image.ts';
import type { Observed } from '../../model/observed.ts';

export interface Execution {
  readonly vms: readonly VmConfig[];
  readonly observed: ReadonlyMap<string, Observed>;
  /** Machine → digest of the image that it would be made from now. */
  readonly images: ReadonlyMap<string, string>;
  /** Machine → the template that it starts from; made ones are added. */
  readonly templates: Map<string, Template>;
  /** Everything boots; memory of suspended machines is thrown away. */
  readonly cold?: boolean;
  /** False: `ready` and what follows it return at once. */
  readonly wait: boolean;
  /** Who interrupts this does not interrupt a boot that has begun. */
  readonly letBoot?: boolean;
  /** Milliseconds until a machine must answer; null: by accelerator. */
  readonly timeout: number | null;
  /** Milliseconds that a guest has to shut down; null: the default. */
  readonly grace: number | null;
  /** Stopping is cutting the power: neither the guest nor QEMU is asked. */
  readonly cut?: boolean;
  /** Descriptor that holds the project's lock; null: nothing is started. */
  readonly lock: number | null;
}

/** An execution with what it collects on its way. */
export interface Run extends Execution {
  /** Digest → bundle, found or built in this run. */
  readonly bundles: Map<string, Bundle>;
  /** Host ports that machines of this run have taken. */
  readonly takenPorts: Set<number>;
  /** Machines whose disk was made in this run: nothing of anybody's is on it yet. */
  readonly created: Set<string>;
  /** Machines that were restored in this run, know who they are, and have yet to grow. */
  readonly clones: Map<string, Clone>;
  /** Of such machines: settles when SSH greets. It is waited for while they are told who they are. */
  readonly greetings: Map<string, Promise<void>>;
}

/** The declared machine that a step is about. */
export function configOf(run: Execution, vm: string): VmConfig {
  const found = run.vms.find((config) => config.name === vm);
  if (!found) throw new Error(`${vm} is in the plan and not in the configuration`);
  return found;
}

/** Milliseconds; a cold boot under TCG takes about half a minute, on a loaded host several times that. */
const TIMEOUT = { kvm: 120_000, tcg: 300_000 };

/** How long a machine may take to answer, in milliseconds. */
export const patience = async (context: Context, run: Execution): Promise<number> =>
  run.timeout ?? TIMEOUT[(await context.capabilities()).accelerator.accelerator];
