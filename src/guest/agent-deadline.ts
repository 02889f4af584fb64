/** Nothing that waits for a guest waits for ever. */

export interface GuestLimits {
  /** Milliseconds. */
  readonly timeout?: number | undefined;
  /** Aborting rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface Deadline {
  /** Aborts with `late()` when the time is over, or together with the signal that was given. */
  readonly signal: AbortSignal;
  /** Milliseconds that are left, at least 1. */
  left(): number;
  /** Lets go of timer and signal: call it when the work is done. */
  clear(): void;
}

export function startDeadline(timeout: number, signal: AbortSignal | undefined, late: () => Error): Deadline {
  const controller = new AbortController();
  const end = performance.now() + timeout;
  const timer = setTimeout(() => controller.abort(late()), timeout);
  const abort = (): void => controller.abort(signal?.reason);
  if (signal?.aborted === true) abort();
  else signal?.addEventListener('abort', abort, { once: true });
  return {
    signal: controller.signal,
    left: () => Math.max(1, end - performance.now()),
    clear: () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    },
  };
}

/** Settles as `work` does, or rejects with the signal's reason, whichever comes first. */
export function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(reasonOf(signal));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw reasonOf(signal);
}

/** What a signal was aborted with, as an error. */
export function reasonOf(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new Error(String(reason));
}
