/** Processes of this host, named so that a reused pid is never mistaken for the one that was meant. Linux: /proc. */
import { readFile } from 'node:fs/promises';
import type { ProcessId } from '../model/machine.ts';

/** What /proc/PID/stat says, as far as we need it. */
interface Stat {
  readonly state: string;
  readonly startTime: string;
}

/**
 * The command name stands in parentheses and may itself hold spaces and parentheses, so counting starts after the last one.
 * @returns null when the text is not of that shape
 */
export function parseStat(text: string): Stat | null {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  const startTime = fields[19];
  return state && startTime && /^\d+$/.test(startTime) ? { state, startTime } : null;
}

const gone = new Set(['Z', 'X', 'x']);

async function stat(pid: number): Promise<Stat | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  const seen = text === null ? null : parseStat(text);
  return seen && !gone.has(seen.state) ? seen : null;
}

/** The living process that has this pid now; null when there is none. A zombie does not live. */
export async function identify(pid: number): Promise<ProcessId | null> {
  if (!Number.isInteger(pid) || pid <= 0) return null;
  const seen = await stat(pid);
  return seen && { pid, startTime: seen.startTime };
}

export async function isAlive(process: ProcessId): Promise<boolean> {
  return (await stat(process.pid))?.startTime === process.startTime;
}

/**
 * Whether a process may be one that this user has started: its own, or anybody's for root, who starts machines as others.
 * Everybody can choose arguments; nobody can choose whose a process is.
 */
export async function isOfThisUser(pid: number): Promise<boolean> {
  const me = process.getuid?.() ?? -1;
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const owner = /^Uid:\s+(\d+)/m.exec(status)?.[1];
  return owner !== undefined && (me === 0 || Number(owner) === me);
}

/** Its arguments; null when it is gone, ended, or not ours to see. */
export async function cmdline(pid: number): Promise<string[] | null> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return text === '' ? null : text.replace(/\0$/, '').split('\0');
}

/**
 * Sends a signal if the process is still the one that was named. Node has no pidfd: between the look and the signal a few
 * microseconds remain in which the process could end and its pid be given away, which needs all other pids to be used up.
 * @returns false when it was gone already
 * @throws when it belongs to someone else (EPERM)
 */
export async function kill(target: ProcessId, signal: NodeJS.Signals): Promise<boolean> {
  if (!(await isAlive(target))) return false;
  try {
    process.kill(target.pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/** How often we look whether a process that is not our child has ended (milliseconds). */
const LOOK = 20;

/**
 * Waits for the end of a process that is not our child.
 * @param timeout milliseconds
 * @returns whether it has ended
 */
export async function waitForExit(target: ProcessId, timeout: number, signal?: AbortSignal): Promise<boolean> {
  const deadline = performance.now() + timeout;
  while (await isAlive(target)) {
    signal?.throwIfAborted();
    const left = deadline - performance.now();
    if (left <= 0) return false;
    await new Promise((resolve) => setTimeout(resolve, Math.min(LOOK, left)));
  }
  return true;
}

/** Milliseconds of CPU that a process and all its threads have used; null when it is gone. */
export async function cpuTimeOf(pid: number): Promise<number | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return text === null ? null : parseCpuTime(text);
}

/** A clock tick of /proc is a hundredth of a second on all Linux architectures that QEMU's KVM knows. */
const TICK = 10;

/** utime and stime of /proc/PID/stat, in milliseconds. */
export function parseCpuTime(text: string): number | null {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  return Number.isFinite(user) && Number.isFinite(system) ? (user + system) * TICK : null;
}

export interface ProcessMemory {
  /** Resident, shared pages counted in full. Bytes. */
  readonly rss: number;
  /** Resident, shared pages divided among those who share them. Bytes; null when not ours to see. */
  readonly pss: number | null;
}

const kilobytes = (text: string, key: string): number | null => {
  const found = new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(text);
  return found ? Number(found[1]) * 1024 : null;
};

/** What a process holds of this host's memory; null when it is gone. */
export async function memoryOf(pid: number): Promise<ProcessMemory | null> {
  const [status, rollup] = await Promise.all([
    readFile(`/proc/${pid}/status`, 'utf8').catch(() => ''),
    readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => ''),
  ]);
  const rss = kilobytes(status, 'VmRSS');
  return rss === null ? null : { rss, pss: kilobytes(rollup, 'Pss') };
}
