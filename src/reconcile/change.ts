/** Makes the changes of a machine that runs, each by itself, and records what is made. Knows no resource. */
import type { JudgedDirectory } from '../model/boot.ts';
import type { ShareConfig, VmConfig } from '../model/desired.ts';
import { AiVmError } from '../model/errors.ts';
import type { LiveStep } from '../model/live.ts';
import type { Applied, Begun } from '../model/machine.ts';
import type { Observed, Sightings } from '../model/observed.ts';
import type { Change } from '../model/plan.ts';
import type { BootContext, LiveContext, Resource } from '../model/resource.ts';
import { adjust, type Hands } from './adjust.ts';

/** What a machine is changed by: everything that is not a value is in here. */
export interface Work {
  readonly resources: readonly Resource<unknown>[];
  readonly desired: VmConfig;
  readonly seen: Observed & { readonly applied: Applied };
  /** As what it was started; its shares are not judged. */
  readonly boot: BootContext;
  readonly hands: Hands;
  /** Looks at it anew: each change finds it as the one before has left it. */
  readonly look: () => Promise<Sightings>;
  readonly judge: (shares: readonly ShareConfig[]) => Promise<ReadonlyMap<string, JudgedDirectory>>;
  readonly record: (applied: Applied) => Promise<void>;
}

interface Result {
  readonly failed: ReadonlyMap<Change, AiVmError>;
  /** What the guest has been asked for and has not done yet, for people. */
  readonly open: readonly string[];
}

/** What goes makes room for what comes. */
const inOrder = (changes: readonly Change[]): Change[] => [
  ...changes.filter((change) => change.after === 'none'),
  ...changes.filter((change) => change.after !== 'none'),
];

async function stepsOf(
  work: Work,
  resource: Resource<unknown> | undefined,
  applied: Applied,
  change: Change,
): Promise<readonly LiveStep[]> {
  const { desired, boot } = work;
  if (!resource?.steps) throw new Error(`${change.field} is no change of a machine that runs`);
  // Only what is attached now is judged: a share that is there already, and whose directory has gone, is in nobody's way.
  const comes = desired.shares.filter(({ target }) => change.resource === 'shares' && target === change.key);
  const live: LiveContext = {
    ...boot,
    ...{ vm: desired, sshPort: applied.sshPort, applied: applied.config, seen: await work.look() },
    judged: comes.length > 0 ? await work.judge(comes) : new Map(),
  };
  return resource.steps(change, resource.desired(desired), live);
}

function end(applied: Applied, { field }: Change): Applied {
  const { begun = [], ...rest } = applied;
  const others = begun.filter((each) => each.field !== field);
  return others.length > 0 ? { ...rest, begun: others } : rest;
}

function begin(applied: Applied, change: Change): Applied {
  const { resource, field, key } = change;
  const mark: Begun = { resource, field, ...(key === undefined ? {} : { key }) };
  return { ...applied, begun: [...(end(applied, change).begun ?? []), mark] };
}

/**
 * One that cannot be made keeps no other from being made. What is made is recorded at once.
 * @param changes of class `live`
 */
export async function makeChanges(work: Work, changes: readonly Change[]): Promise<Result> {
  const { desired, hands } = work;
  const failed = new Map<Change, AiVmError>();
  const open: string[] = [];
  const { refused: _before, ...rest } = work.seen.applied;
  let applied: Applied = rest;
  const record = async (next: Applied): Promise<void> => {
    applied = next;
    await work.record(applied);
  };
  for (const change of inOrder(changes)) {
    const resource = work.resources.find(({ name }) => name === change.resource);
    const made = (): Applied => resource?.adopt?.(applied, change, desired) ?? applied;
    try {
      const steps = await stepsOf(work, resource, applied, change);
      // Whoever looks at QEMU sees whether it was done; should we be killed in between, the record is right all the same.
      // What is half made may not be seen at all, so it is said before.
      if (steps.length > 0) await record(begin(resource?.shown ? made() : applied, change));
      open.push(...(await adjust(steps, hands)));
      await record(end(made(), change));
    } catch (error) {
      hands.signal.throwIfAborted();
      failed.set(
        change,
        error instanceof AiVmError ? error : new AiVmError('internal', String(error), { cause: error }),
      );
    }
  }
  const refused = Object.fromEntries([...failed].map(([{ field }, error]) => [field, reasonOf(error)]));
  if (failed.size > 0 || changes.length === 0) await record(failed.size > 0 ? { ...applied, refused } : applied);
  return { failed, open };
}

/** Why a change could not be made, for people: kept with the machine until it is tried again. */
export const reasonOf = ({ message, why }: AiVmError): string =>
  [message, why].filter(Boolean).join(': ').slice(0, 500);
