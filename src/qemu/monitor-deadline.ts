/** Nothing that waits for QEMU waits for ever, unless it is told to. */

export interface Limits {
  /** Milliseconds. */
  readonly timeout?: number | undefined;
  /** Aborting rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Settles as `work` does; rejects with `late()` after `timeout` milliseconds (never, if there is none), or with the
 * signal's reason. In both cases `cancel` is called first, so that the work can be given up.
 */
export function within<T>(work: Promise<T>, limits: Limits, late: () => Error, cancel: () => void): Promise<T> {
  const { timeout, signal } = limits;
  return new Promise<T>((resolve, reject) => {
    const giveUp = (reason: unknown): void => {
      settled();
      cancel();
      reject(asError(reason));
    };
    const abort = (): void => giveUp(signal?.reason);
    const timer = timeout === undefined ? undefined : setTimeout(() => giveUp(late()), timeout);
    const settled = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    work.then(resolve, (error: unknown) => reject(asError(error))).finally(settled);
    if (signal?.aborted === true) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
