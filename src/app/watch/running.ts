/** The one watch of a project: which process it is, how it is kept the only one, and how it is ended. */
import { rm } from 'node:fs/promises';
import { readState, writeState } from '../../host/files.ts';
import { withLock } from '../../host/lock.ts';
import { identify, isAlive, isOfThisUser, kill, waitForExit } from '../../host/processes.ts';
import { AiVmError } from '../../model/errors.ts';
import type { ProcessId, ProjectPaths } from '../../model/machine.ts';
import type { Context } from '../context.ts';

/** watch.json */
export interface Watcher extends ProcessId {
  readonly formatVersion: 1;
  /** ISO 8601. */
  readonly since: string;
}

const isWatcher = (value: unknown): value is Watcher => {
  if (typeof value !== 'object' || value === null) return false;
  const { formatVersion, pid, startTime, since } = value as Record<string, unknown>;
  return formatVersion === 1 && typeof pid === 'number' && typeof startTime === 'string' && typeof since === 'string';
};

/** The watch that runs now; null when none does. Takes no lock and starts no process. */
export async function runningWatch(paths: ProjectPaths): Promise<Watcher | null> {
  const { value } = await readState(paths.watchFile, isWatcher);
  return value && (await isAlive(value)) && (await isOfThisUser(value.pid)) ? value : null;
}

/** One that has just been killed may take a moment to let go (milliseconds). */
const MOMENT = 500;

/**
 * Runs `work` as the only watch of the project.
 * @throws AiVmError `locked` when there is one
 */
export async function asOnlyWatch(context: Context, work: () => Promise<void>): Promise<void> {
  const { paths } = context.project;
  await context.prepare();
  const options = { command: 'ai-vm watch', wait: MOMENT, signal: context.signal };
  // What `work` rejects with is its own, also when that is a lock.
  const ended = await withLock(paths.watchLock, options, async () => {
    const self = await identify(process.pid);
    const watcher: Watcher = { formatVersion: 1, ...self!, since: new Date().toISOString() };
    await writeState(paths.watchFile, watcher);
    return work()
      .then(
        () => null,
        (error: unknown) => ({ error }),
      )
      .finally(() => rm(paths.watchFile, { force: true }));
  }).catch(async (error: unknown) => {
    if (!(error instanceof AiVmError) || error.code !== 'locked') throw error;
    throw await refused(paths);
  });
  if (ended) throw ended.error;
}

async function refused(paths: ProjectPaths): Promise<AiVmError> {
  const other = await runningWatch(paths);
  return new AiVmError('locked', 'this project is watched already', {
    why: other ? `Process ${other.pid} does, since ${other.since}.` : 'The process that does has not said which it is.',
    fix: 'ai-vm watch --stop ends it; ai-vm watch --log shows what it has said.',
  });
}

/** How long a watch may take to end: what it does to a machine is broken off in good order (milliseconds). */
const LAST = 60_000;

/** Ends the watch of the project; its machines run on. @returns false when there was none */
export async function stopWatch(context: Context): Promise<boolean> {
  const watcher = await runningWatch(context.project.paths);
  if (!watcher) return false;
  await kill(watcher, 'SIGTERM');
  if (await waitForExit(watcher, LAST, context.signal)) return true;
  throw new AiVmError('locked', `the watch, process ${watcher.pid}, does not end`, {
    fix: `kill -9 ${watcher.pid}: what it was about is taken up by the next command.`,
  });
}
