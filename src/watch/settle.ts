/** When to act on what keeps happening: after it has calmed down, and never twice at once. Knows neither files nor machines. */

/** Time as it is handed in, so that tests can make their own. */
export interface Clock {
  /** Calls `act` once after so many milliseconds. @returns how to call it off */
  readonly after: (ms: number, act: () => void) => () => void;
  /** Milliseconds from any origin. */
  readonly now: () => number;
}

export const CLOCK: Clock = {
  after: (ms, act) => {
    const timer = setTimeout(act, ms);
    return () => {
      clearTimeout(timer);
    };
  },
  now: () => performance.now(),
};

export interface Debounce {
  /** Something may have happened. */
  readonly hint: () => void;
  readonly close: () => void;
}

/**
 * Fires once after `quiet` milliseconds without a hint, and at the latest `cap` milliseconds after the first one: what never calms
 * down is acted on all the same.
 */
export function debounce(clock: Clock, { quiet, cap }: { quiet: number; cap: number }, fire: () => void): Debounce {
  let first: number | null = null;
  let cancel: (() => void) | null = null;
  return {
    hint() {
      const now = clock.now();
      first ??= now;
      cancel?.();
      const left = Math.max(0, Math.min(quiet, first + cap - now));
      cancel = clock.after(left, () => {
        first = null;
        cancel = null;
        fire();
      });
    },
    close() {
      cancel?.();
      cancel = null;
      first = null;
    },
  };
}

export interface OneAtATime<T> {
  /** Has `work` done with this: now, or together with all else that was asked for in the meantime, once the running one has ended. */
  readonly want: (reason: T) => void;
  /** Resolves when nothing runs and nothing waits. */
  readonly idle: () => Promise<void>;
}

/**
 * One in flight and one trailing, however much is asked for.
 * @param work what rejects here is a bug, and is told to `failed`
 */
export function oneAtATime<T>(
  work: (reasons: readonly T[]) => Promise<void>,
  failed: (error: unknown) => void,
): OneAtATime<T> {
  let waiting: T[] = [];
  let running: Promise<void> | null = null;
  const run = async (): Promise<void> => {
    // What is asked for in one go is one piece of work.
    await Promise.resolve();
    while (waiting.length > 0) {
      const reasons = waiting;
      waiting = [];
      await work(reasons).catch(failed);
    }
    running = null;
  };
  return {
    want(reason) {
      waiting.push(reason);
      running ??= run();
    },
    async idle() {
      while (running) await running;
    },
  };
}
