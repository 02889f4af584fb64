/** Nothing that waits for a guest or for QEMU waits for ever, unless it is told to. */

export interface Limits {
  /** Milliseconds. */
  readonly timeout?: number | undefined;
  /** Aborting rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface Deadline {
  /** Aborts with `late()` when the time is over, or together with the signal that was given. */
  readonly signal: AbortSignal;
  /** Lets go of timer and signal: call it when the work is done. */
  clear(): void;
}

/** @param timeout milliseconds; undefined: no time is too long */
export function startDeadline(
  timeout: number | undefined,
  signal: AbortSignal | undefined,
  late: () => Error,
): Deadline {
  const controller = new AbortController();
  const timer = timeout === undefined ? undefined : setTimeout(() => controller.abort(late()), timeout);
  const abort = (): void => controller.abort(signal?.reason);
  if (signal?.aborted === true) abort();
  else signal?.addEventListener('abort', abort, { once: true });
  return {
    signal: controller.signal,
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

/**
 * Settles as `work` does; rejects with `late()` after the time-out, or with the signal's reason. In both cases `cancel` is
 * called first, so that the work can be given up.
 */
export async function within<T>(
  work: Promise<T>,
  { timeout, signal }: Limits,
  late: () => Error,
  cancel: () => void,
): Promise<T> {
  const deadline = startDeadline(timeout, signal, late);
  try {
    return await orAbort(work, deadline.signal);
  } catch (error) {
    if (deadline.signal.aborted) cancel();
    throw error;
  } finally {
    deadline.clear();
  }
}

export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw reasonOf(signal);
}

/** What a signal was aborted with, as an error. */
export function reasonOf(signal: AbortSignal): Error {
  const reason: unknown = signal.reason;
  return reason instanceof Error ? reason : new Error(String(reason));
}
