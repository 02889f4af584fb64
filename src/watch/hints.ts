/**
 * Hints from the kernel that something may have happened in one of a few directories. Not recursive, and never listed: whoever
 * can write into a project's directory may fill it, and what that costs us must not grow with it. So this is node:fs and
 * not chokidar, which lists a directory anew at each event and looks at every file in it; see docs/adr/0016.
 */
import { watch, type FSWatcher } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Places } from './places.ts';
import type { Clock } from './settle.ts';

/** The kernel gives us no more watches: `ENOSPC` is fs.inotify.max_user_watches, `EMFILE` fs.inotify.max_user_instances. */
export type Exhausted = 'ENOSPC' | 'EMFILE';

/** node:fs's `watch`, or a test's. */
export type OpenWatch = (dir: string, heard: (event: string, name: string | null) => void) => FSWatcher;

export interface Hints {
  /** Watches these directories and no others. */
  readonly follow: (places: Places) => Promise<void>;
  /** Whether events can be relied upon now; if not, somebody has to look often. */
  readonly hears: () => boolean;
  readonly close: () => void;
}

export interface HintOptions {
  readonly clock: Clock;
  readonly heard: () => void;
  readonly exhausted: (how: Exhausted) => void;
  readonly open?: OpenWatch;
}

/** Events that are none of our business, in a second: with more of them the directory is not listened to for a while. */
const STORM = 2000;
const REST = 5000;

interface Watched {
  readonly watcher: FSWatcher;
  /** Device and inode: another directory may have taken its name. */
  readonly identity: string;
  names: ReadonlySet<string>;
  /** Events about other names since `since`. */
  strangers: number;
  since: number;
}

const identityOf = (dir: string): Promise<string | null> =>
  stat(dir, { bigint: true }).then(
    ({ dev, ino }) => `${dev}:${ino}`,
    () => null,
  );

const openWatch: OpenWatch = (dir, heard) => watch(dir, { persistent: false }, heard);

export function openHints({ clock, heard, exhausted, open = openWatch }: HintOptions): Hints {
  const watched = new Map<string, Watched>();
  /** Directory → until when it is left alone. */
  const resting = new Map<string, number>();
  let deaf = false;
  let told = false;
  let closed = false;

  const drop = (dir: string): void => {
    watched.get(dir)?.watcher.close();
    watched.delete(dir);
  };
  const failed = (dir: string, error: unknown): void => {
    drop(dir);
    deaf = true;
    const { code } = error as NodeJS.ErrnoException;
    if ((code !== 'ENOSPC' && code !== 'EMFILE') || told) return;
    told = true;
    exhausted(code);
  };
  const listen = (dir: string, name: string | null): void => {
    const its = watched.get(dir);
    if (!its) return;
    // Without a name, and with its own: it is about the directory itself.
    if (name === null || its.names.has(name) || name === basename(dir)) {
      heard();
      return;
    }
    const now = clock.now();
    if (now - its.since > 1000) Object.assign(its, { since: now, strangers: 0 });
    its.strangers += 1;
    if (its.strangers <= STORM) return;
    drop(dir);
    resting.set(dir, now + REST);
  };
  const add = (dir: string, identity: string, names: ReadonlySet<string>): void => {
    try {
      const watcher = open(dir, (_event, name) => {
        listen(dir, name);
      });
      watcher.on('error', (error) => {
        failed(dir, error);
      });
      watched.set(dir, { watcher, identity, names, strangers: 0, since: clock.now() });
    } catch (error) {
      failed(dir, error);
    }
  };

  return {
    async follow(places) {
      const identities = await Promise.all(
        [...places.keys()].map(async (dir) => [dir, await identityOf(dir)] as const),
      );
      // Closed while it looked.
      if (closed) return;
      for (const dir of watched.keys()) if (!places.has(dir)) drop(dir);
      for (const [dir, until] of resting) if (until <= clock.now() || !places.has(dir)) resting.delete(dir);
      deaf = false;
      for (const [dir, identity] of identities) {
        const names = places.get(dir) ?? new Set();
        const its = watched.get(dir);
        if (its && its.identity === identity) its.names = names;
        else {
          drop(dir);
          if (identity !== null && !resting.has(dir)) add(dir, identity, names);
        }
      }
    },
    hears: () => !deaf && resting.size === 0,
    close() {
      closed = true;
      for (const dir of [...watched.keys()]) drop(dir);
    },
  };
}
