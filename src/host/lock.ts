/**
 * The mutation lock of a project. The kernel holds it for our open file description: it ends with us, however we end. Node
 * has no flock(2), so the program `flock` takes it on a descriptor that it inherits. Of other children only the start
 * script is handed it: Node opens files close-on-exec.
 */
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { AiVmError } from '../model/errors.ts';
import { identify } from './processes.ts';
import { runOn } from './inherit.ts';
import { sanitise } from './untrusted.ts';

/** What the lock file says of who holds it: a hint for people, never relied upon. */
export interface Holder {
  readonly pid: number;
  readonly command: string;
}

export interface LockOptions {
  /** Wait for the lock: true without end, a number for so many milliseconds, false not at all. */
  readonly wait: boolean | number;
  /** What this process is about to do, such as `ai-vm up`. */
  readonly command: string;
  /** Told once, when somebody else holds the lock and we wait; `done` resolves when we do no longer. */
  readonly onWait?: (holder: Holder | null, done: Promise<void>) => void;
  readonly signal?: AbortSignal;
}

/** flock(1) ends with this code when the lock is held by somebody else. */
const HELD = 75;

/**
 * Takes an exclusive lock on an open file description; it is held until the last descriptor of it is closed.
 * @returns false when somebody else holds it (within the time given, in milliseconds)
 */
export async function flock(fd: number, wait: 'wait' | number, signal?: AbortSignal): Promise<boolean> {
  const how = wait === 'wait' ? [] : wait === 0 ? ['-n'] : ['-w', String(wait / 1000)];
  const args = ['-x', '-E', String(HELD), ...how, '0'];
  const ended = await runOn(fd, 'flock', args, signal).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw noFlock((error as NodeJS.ErrnoException).code === 'ENOENT' ? 'flock is not on PATH.' : String(error));
  });
  if (ended.code === 0) return true;
  if (ended.code === HELD) return false;
  throw noFlock(ended.stderr || `flock ended with ${ended.code ?? 'a signal'}`);
}

const noFlock = (why: string): AiVmError =>
  new AiVmError('host.missing', 'the lock of the project could not be taken', {
    why,
    fix: 'Install flock (package util-linux); ai-vm doctor shows what else is missing.',
  });

/** Whether somebody holds the lock at this moment. */
export async function isHeld(path: string): Promise<boolean> {
  const file = await open(path, constants.O_RDWR | constants.O_NOFOLLOW).catch(() => null);
  if (!file) return false;
  try {
    return !(await flock(file.fd, 0));
  } finally {
    await file.close();
  }
}

/**
 * Whether somebody may hold the lock at this moment. Unlike isHeld it does not take it where nobody can have it, which would have whoever
 * comes by just then wait.
 */
export async function mayBeHeld(path: string): Promise<boolean> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => null);
  if (!file) return false;
  try {
    const holder = await readHolder(file);
    // What was killed while it held the lock may have handed it to a start script, which changes no machine that runs.
    return holder !== null && (await identify(holder.pid)) !== null && (await isHeld(path));
  } finally {
    await file.close();
  }
}

/** Two fields, bounded and printable: another process wrote them. */
async function readHolder(file: FileHandle): Promise<Holder | null> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(256), 0, 256, 0);
  const found = /^(\d{1,10}) (.{1,100})/.exec(sanitise(buffer.toString('utf8', 0, bytesRead)));
  return found ? { pid: Number(found[1]), command: found[2]!.trim() } : null;
}

/**
 * Runs `work` while this process alone holds the lock.
 * @param work gets the descriptor that holds it: a program that is given it too holds the lock for as long as it lives,
 *   also when we are killed
 * @param path of the lock file, in a directory that exists; it is made when missing and stays
 * @throws AiVmError `locked` when somebody else holds it
 */
export async function withLock<T>(path: string, options: LockOptions, work: (held: number) => Promise<T>): Promise<T> {
  const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600).catch(
    (error: unknown) => {
      throw new AiVmError('host.path', `the lock file ${path} cannot be opened`, { cause: error, why: String(error) });
    },
  );
  try {
    await take(file, options);
    await file.truncate(0);
    await file.write(`${process.pid} ${options.command}\n`, 0);
    return await work(file.fd);
  } finally {
    await file.close();
  }
}

async function take(file: FileHandle, { wait, onWait, signal }: LockOptions): Promise<void> {
  if (await flock(file.fd, 0, signal)) return;
  const holder = await readHolder(file);
  if (wait !== false && wait !== 0) {
    const taken = flock(file.fd, wait === true ? 'wait' : wait, signal);
    const done = taken.then(
      () => undefined,
      () => undefined,
    );
    onWait?.(holder, done);
    if (await taken) return;
  }
  throw new AiVmError('locked', 'another command works on this project', {
    why: holder ? `Process ${holder.pid} holds the lock: ${holder.command}.` : 'It does not say who it is.',
    fix: 'Wait until it is done, then try again.',
  });
}
