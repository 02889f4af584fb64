/** A hidden cursor must come back however the process ends. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Calls `restore` when the process exits or is ended by a signal; returns how to stop watching. */
export function guardCursor(restore: () => void): () => void {
  const onSignal = (signal: NodeJS.Signals): void => {
    // Somebody else handles this signal and decides what becomes of the process.
    if (process.listenerCount(signal) > 1) return;
    restore();
    release();
    process.kill(process.pid, signal);
  };
  const release = (): void => {
    process.off('exit', restore);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
  process.once('exit', restore);
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return release;
}
