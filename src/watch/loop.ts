/** A project that is watched: rounds of looking and acting, one in flight and one trailing, until somebody says enough. */
import type { Reason, WatchedProject } from '../model/watch.ts';
import { QUIET, watchFiles, type FileWatchOptions } from './files.ts';
import { oneAtATime, type Clock } from './settle.ts';

export interface LoopOptions extends Pick<FileWatchOptions, 'clock' | 'exhausted' | 'open'> {
  readonly signal: AbortSignal;
  /** Gets a function that asks for a round. */
  readonly ready?: (want: (reason: Reason) => void) => void;
}

/** How often we look whether machines are alive (milliseconds). */
const PULSE = 1000;

const sleep = (clock: Clock, ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal.addEventListener('abort', done, { once: true });
  });

/** Ends when `signal` is aborted and the round in flight has ended. @throws what a round rejected with: a bug */
export async function watchLoop(project: WatchedProject, options: LoopOptions): Promise<void> {
  const { clock, signal, exhausted, open } = options;
  const ended = new AbortController();
  const bugs: unknown[] = [];
  const failed = (error: unknown): void => {
    bugs.push(error);
    ended.abort();
  };
  const stop = (): void => {
    ended.abort();
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();

  let later: (() => void) | null = null;
  const rounds = oneAtATime<Reason>(async (reasons) => {
    later?.();
    later = null;
    if (ended.signal.aborted) return;
    const loaded = files.before();
    const { paths, again } = await project.round(reasons);
    // Not at once: a file that never calms down must not keep us at it.
    const stale = await files.after(loaded, paths);
    later = clock.after(stale ? Math.min(again, QUIET.cap) : again, wantAgain);
  }, failed);
  const want = (reason: Reason): void => {
    if (!ended.signal.aborted) rounds.want(reason);
  };
  const wantAgain = (): void => {
    want({ kind: 'again' });
  };
  const changed: FileWatchOptions['changed'] = (changes) => {
    want({ kind: 'files', changes });
  };
  const files = watchFiles({ clock, changed, exhausted, failed, ...(open ? { open } : {}) });
  try {
    await files.after(files.before(), project.paths);
    want({ kind: 'start' });
    options.ready?.(want);
    while (!ended.signal.aborted) {
      await sleep(clock, PULSE, ended.signal);
      if (await project.hasDied()) wantAgain();
    }
    await rounds.idle();
  } finally {
    (later as (() => void) | null)?.();
    files.close();
    signal.removeEventListener('abort', stop);
  }
  if (bugs.length > 0) throw bugs[0];
}
