/** A set of files, existing or not: told once their content has changed and they have calmed down. */
import type { FileChange } from '../model/watch.ts';
import { compare, readContents, stampOf, touched, type Contents } from './contents.ts';
import { openHints, type Exhausted, type OpenWatch } from './hints.ts';
import { findPlaces } from './places.ts';
import { debounce, oneAtATime, type Clock } from './settle.ts';

/** Milliseconds. Editors write several times in a row; who never stops is heard all the same. */
export const QUIET = { quiet: 150, cap: 1000 };

/** How often files are looked at without having been asked to (milliseconds): as a net, and where events cannot be had. */
const NET = 3000;
const INSTEAD = 500;

export interface FileWatchOptions {
  readonly clock: Clock;
  readonly changed: (changes: readonly FileChange[]) => void;
  /** Told once, when the kernel has no more watches for us; from then on files are looked at every half second. */
  readonly exhausted: (how: Exhausted) => void;
  /** What looks that fail are told to: a bug. */
  readonly failed: (error: unknown) => void;
  /** A test's. */
  readonly open?: OpenWatch;
}

export interface FileWatch {
  /** What is known of the files now: to be asked before they are loaded. */
  readonly before: () => Contents;
  /**
   * Takes another set of files to watch.
   * @param loaded what was known before these were loaded
   * @returns whether they were touched since, so that nobody knows what was loaded: they have to be loaded again
   */
  readonly after: (loaded: Contents, paths: readonly string[]) => Promise<boolean>;
  readonly close: () => void;
}

export function watchFiles({ clock, changed, exhausted, failed, open }: FileWatchOptions): FileWatch {
  let known: Contents = new Map();
  let closed = false;
  let cancel: (() => void) | null = null;

  const follow = async (paths: readonly string[]): Promise<void> => {
    if (!closed) await hints.follow(await findPlaces(paths));
  };
  const look = async (): Promise<void> => {
    const before = known;
    const paths = [...before.keys()];
    await follow(paths);
    const now = await readContents(paths);
    // Another set of files was taken in the meantime.
    if (closed) return;
    if (known !== before) {
      bounce.hint();
      return;
    }
    known = now;
    const changes = compare(before, now);
    if (changes.length > 0) changed(changes);
  };
  const looks = oneAtATime(look, failed);
  const bounce = debounce(clock, QUIET, () => {
    looks.want(undefined);
  });
  const hints = openHints({ clock, heard: bounce.hint, exhausted, ...(open ? { open } : {}) });

  /** Cheap, and so done all the time: has anything been touched that no event told of? */
  const net = async (): Promise<void> => {
    await follow([...known.keys()]);
    const seen = await Promise.all([...known].map(async ([path, { stamp }]) => (await stampOf(path)) !== stamp));
    if (seen.includes(true)) bounce.hint();
  };
  const cast = (): void => {
    if (closed) return;
    cancel = clock.after(hints.hears() ? NET : INSTEAD, () => {
      net().catch(failed).finally(cast);
    });
  };
  cast();

  return {
    before: () => known,
    async after(loaded, paths) {
      await follow(paths);
      const now = await readContents(paths);
      const changes = compare(known, now);
      known = now;
      if (changes.length > 0) changed(changes);
      const fresh = [...now].some(([path, { digest }]) => !loaded.has(path) && digest !== 'absent');
      return fresh || touched(loaded, now);
    },
    close() {
      closed = true;
      cancel?.();
      bounce.close();
      hints.close();
    },
  };
}
