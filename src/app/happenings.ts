/** `events`: what happens to machines, told from what is seen of them one moment after the other. */
import type { Observed } from '../model/observed.ts';
import { observe } from '../reconcile/observe.ts';
import type { Context } from './context.ts';
import { machines } from './select.ts';

type Action =
  'created' | 'started' | 'ready' | 'changed' | 'paused' | 'unpaused' | 'suspended' | 'stopped' | 'died' | 'removed';

/** One event of a machine; the line of `events --format json`. */
export interface Happening {
  /** ISO 8601. */
  readonly time: string;
  readonly vm: string;
  readonly action: Action;
  readonly state: Observed['state'];
  readonly pid: number | null;
}

const isSame = (a: Observed['process'], b: Observed['process']): boolean =>
  a?.pid === b?.pid && a?.startTime === b?.startTime;

/** What has happened to one machine between two looks, in the order in which it must have. Pure. */
export function actionsBetween(before: Observed, now: Observed): Action[] {
  const actions: Action[] = [];
  if (before.state === 'absent' && now.state !== 'absent') actions.push('created');
  if (!isSame(before.process, now.process)) {
    if (before.process) actions.push(now.suspended ? 'suspended' : now.applied?.stopped === false ? 'died' : 'stopped');
    if (now.process) {
      // It may have died and come back between two looks.
      actions.push('started');
      if (now.state === 'running') actions.push('ready');
    }
  } else if (now.process) {
    if (now.state === 'paused' && before.state !== 'paused') actions.push('paused');
    if (before.state === 'paused' && now.state !== 'paused') actions.push('unpaused');
    if (before.state === 'starting' && now.state === 'running') actions.push('ready');
    if (isChanged(before, now)) actions.push('changed');
  }
  if (now.state === 'absent' && before.state !== 'absent') actions.push('removed');
  return actions;
}

const isChanged = ({ applied: before }: Observed, { applied: now }: Observed): boolean =>
  before !== null && now !== null && JSON.stringify(before.config) !== JSON.stringify(now.config);

/**
 * What happens from now on; what is there already is no event. Ends when `wait` rejects.
 * @param wait returns when it is time to look again
 */
export async function* happenings(
  context: Context,
  names: readonly string[],
  wait: () => Promise<void>,
): AsyncGenerator<Happening, void, void> {
  const { project } = context;
  const look = async (gone: Iterable<string>): Promise<Map<string, Observed>> => {
    const known = new Set([...(await machines(context)), ...gone]);
    const chosen = [...known].filter((vm) => names.length === 0 || names.includes(vm)).sort();
    const seen = await Promise.all(chosen.map((vm) => observe(vm, project.machine(vm))));
    return new Map(seen.map((one) => [one.vm, one]));
  };
  let before = await look([]);
  for (;;) {
    await wait();
    const now = await look(before.keys());
    const time = new Date().toISOString();
    for (const [vm, seen] of now) {
      const actions = actionsBetween(
        before.get(vm) ?? { ...seen, state: 'absent', process: null, applied: null },
        seen,
      );
      for (const action of actions) yield { time, vm, action, state: seen.state, pid: seen.process?.pid ?? null };
    }
    before = now;
  }
}
