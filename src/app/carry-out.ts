/** A plan, done: loaded only once there is something to do. */
import { execute, type Outcome } from '../reconcile/execute.ts';
import type { Context } from './context.ts';
import type { Look } from './look.ts';
import { preflight } from './preflight.ts';
import { makeHandlers } from './steps/index.ts';
import type { Execution } from './steps/run.ts';

/** @throws AiVmError of the preflight, before anything is touched */
export async function carryOut(
  context: Context,
  now: Look,
  how: Pick<Execution, 'cold' | 'wait' | 'timeout' | 'letBoot' | 'lock'>,
): Promise<Outcome> {
  await preflight(context, await context.capabilities(), now.plan, now.vms);
  for (const [vm, why] of now.warm.cold) context.emit({ type: 'info', vm, message: `${vm} boots: ${why}` });
  const handlers = makeHandlers(context, { ...now, ...how, templates: now.warm.templates, grace: null });
  return execute(now.plan, handlers, context.emit, context.signal, () => performance.now());
}
