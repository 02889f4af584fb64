/** A log file of a process of our own that may run for months: two files, of which the older one goes when the newer is full. */
import { closeSync, constants, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

/** Bytes of each of the two. */
const MOST = 1024 * 1024;

export interface BoundedLog {
  readonly write: (text: string) => void;
  readonly close: () => void;
}

const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;

/**
 * Opens, or goes on with, the log at `path`; the older one is at `<path>.1`. What cannot be written is lost: a full disk is no reason to
 * end.
 * @param most bytes after which another file is begun
 */
export function openBoundedLog(path: string, most = MOST): BoundedLog {
  let fd = openSync(path, FLAGS, 0o600);
  let size = fstatSync(fd).size;
  const turn = (): void => {
    closeSync(fd);
    renameSync(path, `${path}.1`);
    fd = openSync(path, FLAGS, 0o600);
    size = 0;
  };
  return {
    write(text) {
      try {
        if (size >= most) turn();
        size += writeSync(fd, text);
      } catch {
        // See above.
      }
    },
    close() {
      closeSync(fd);
    },
  };
}
