/** Runs a plan's steps: each as soon as what it needs has succeeded. Knows steps, knows no resource. */
import { AiVmError, messageOf } from '../model/errors.ts';
import { fromSystem } from '../model/system-errors.ts';
import type { Emit } from '../model/events.ts';
import type { Plan, Step, StepKind } from '../model/plan.ts';

export interface StepContext {
  readonly signal: AbortSignal;
  /** `fraction` is 0…1 where it is known. */
  readonly progress: (text: string, fraction?: number) => void;
}

export type Handlers = Readonly<Record<StepKind, (step: Step, context: StepContext) => Promise<void>>>;

export interface Outcome {
  readonly done: readonly string[];
  readonly failed: ReadonlyMap<string, AiVmError>;
  readonly skipped: readonly string[];
}

const asAiVmError = (error: unknown, vm: string): AiVmError =>
  error instanceof AiVmError
    ? error
    : (fromSystem(error, vm) ?? new AiVmError('internal', messageOf(error), { vm, cause: error }));

/**
 * Never rejects for a failed step: the outcome tells. A step whose prerequisite failed, was skipped, or was cancelled is
 * skipped, and says because of which.
 * @param clock milliseconds, for the duration in the events
 */
export async function execute(
  plan: Plan,
  handlers: Handlers,
  emit: Emit,
  signal: AbortSignal,
  clock: () => number,
): Promise<Outcome> {
  const done: string[] = [];
  const skipped: string[] = [];
  const failed = new Map<string, AiVmError>();
  const running = new Map<string, Promise<boolean>>();

  // A function, since the signal changes behind the compiler's back.
  const isAborted = (): boolean => signal.aborted;

  const runStep = async (step: Step): Promise<boolean> => {
    for (const need of step.needs) {
      const prerequisite = running.get(need);
      if (!prerequisite) throw new Error(`${step.id} needs ${need}, which is not before it in the plan`);
      if (await prerequisite) continue;
      skipped.push(step.id);
      emit({ type: 'step-skipped', step, because: need });
      return false;
    }
    if (isAborted()) {
      skipped.push(step.id);
      emit({ type: 'step-skipped', step, because: 'interrupted' });
      return false;
    }
    const begin = clock();
    emit({ type: 'step-started', step });
    try {
      const progress = (text: string, fraction?: number): void =>
        emit({ type: 'step-progress', step, text, ...(fraction === undefined ? {} : { fraction }) });
      await handlers[step.kind](step, { signal, progress });
      done.push(step.id);
      emit({ type: 'step-done', step, ms: clock() - begin });
      return true;
    } catch (error) {
      const known = isAborted()
        ? new AiVmError('interrupted', `${step.title}: interrupted`, {
            vm: step.vm,
            fix: 'Run the same command again: it goes on from what is there.',
            cause: error,
          })
        : asAiVmError(error, step.vm);
      failed.set(step.id, known);
      emit({ type: 'step-failed', step, error: known });
      return false;
    }
  };

  for (const step of plan.steps) running.set(step.id, runStep(step));
  await Promise.all(running.values());
  return { done, failed, skipped };
}
