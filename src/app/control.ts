/** A machine's monitor for those who change it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { AiVmError } from '../model/errors.ts';
import type { MachinePaths } from '../model/machine.ts';
import { Qmp } from '../qemu/qmp.ts';

/** It serves one client at a time: it is let go of as soon as it can be. */
export async function withControl<T>(
  paths: MachinePaths,
  work: (qmp: Qmp) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const qmp = await Qmp.connect(paths.qmp.control, signal ? { signal } : {});
  try {
    return await work(qmp);
  } finally {
    qmp.close();
  }
}

/** How often somebody knocks at a QEMU that is being started (milliseconds). */
const KNOCK = 5;

/**
 * The monitor of a QEMU that a start script is about to start, as soon as it answers.
 * @param script its end: whoever waits for a QEMU that it could not start would wait for ever
 * @param before begins at once, and is done before `work`; its signal is aborted when the script fails
 * @throws AiVmError why the script failed, whatever became of the others
 */
export async function withStarting<T>(
  paths: MachinePaths,
  script: Promise<void>,
  before: (signal: AbortSignal) => Promise<void>,
  work: (qmp: Qmp) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const [started, worked] = await Promise.allSettled([
    script.catch((error: unknown) => {
      failed.abort();
      throw error;
    }),
    (async () => {
      const over = new AbortController();
      const prepared = before(AbortSignal.any([either, over.signal]));
      prepared.catch(() => undefined);
      try {
        const qmp = await knock(paths.qmp.control, either);
        try {
          await prepared;
          return await work(qmp);
        } finally {
          qmp.close();
        }
      } finally {
        over.abort();
        await prepared.catch(() => undefined);
      }
    })(),
  ]);
  if (started.status === 'rejected') throw started.reason;
  if (worked.status === 'rejected') throw worked.reason;
  return worked.value;
}

async function knock(path: string, signal: AbortSignal): Promise<Qmp> {
  for (;;) {
    try {
      return await Qmp.connect(path, { signal });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof AiVmError && error.code === 'qmp.closed')) throw error;
      await sleep(KNOCK, undefined, { signal });
    }
  }
}
