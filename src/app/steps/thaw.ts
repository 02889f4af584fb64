import type { Step } from '../../model/plan.ts';
import type { StepContext } from '../../reconcile/execute.ts';
import type { Context } from '../context.ts';
import { thaw } from '../freeze/mend.ts';
import { warnOf } from './clone.ts';
import type { Run } from './run.ts';

export async function thawStep(context: Context, run: Run, step: Step, at: StepContext): Promise<void> {
  const { vm } = step;
  const seen = run.observed.get(vm);
  if (!seen) throw new Error(`${vm} was not observed`);
  warnOf(context, vm, await thaw(context, seen, at.signal));
}
