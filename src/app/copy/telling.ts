/** Tells how far a copy is, once it takes long enough for somebody to wonder. */
import { AiVmError } from '../../model/errors.ts';
import type { Emit, Job } from '../../model/events.ts';
import { Pace } from '../../model/pace.ts';
import type { Tally } from './tally.ts';

/** A copy that ends before is not told of. */
const SHORT_MS = 1000;
const EVERY_MS = 250;

export interface Telling {
  readonly job: Job;
  readonly tally: Tally;
  /** Bytes of all that is to be copied; null where nobody can tell. Asked only when it takes long. */
  readonly total: (signal: AbortSignal) => Promise<number | null>;
  readonly emit: Emit;
}

/** Does `work`, and tells of it as of a step when it takes long. @throws what `work` throws */
export async function whileTelling<T>({ job, tally, total, emit }: Telling, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const pace = new Pace();
  const over = new AbortController();
  let whole: number | null = null;
  // An object, since it changes behind the compiler's back.
  const state = { told: false };
  const look = (): void => {
    const at = performance.now();
    const { text, fraction } = pace.tell(at, tally.moved, whole);
    if (at - began < SHORT_MS) return;
    if (!state.told) {
      emit({ type: 'step-started', step: job });
      state.told = true;
      total(over.signal).then(
        (bytes) => (whole = bytes),
        () => undefined,
      );
    }
    emit({ type: 'step-progress', step: job, text, ...(fraction !== undefined && { fraction }) });
  };
  const timer = setInterval(look, EVERY_MS);
  // A copy that goes on keeps the process alive by itself.
  timer.unref();
  try {
    const done = await work();
    if (state.told) emit({ type: 'step-done', step: job, ms: performance.now() - began });
    return done;
  } catch (error) {
    if (state.told && error instanceof AiVmError) emit({ type: 'step-failed', step: job, error });
    throw error;
  } finally {
    clearInterval(timer);
    over.abort();
  }
}
