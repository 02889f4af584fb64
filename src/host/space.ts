/** Does it fit? Disk space and memory are looked at before anything is begun. */
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AiVmError } from '../model/errors.ts';
import { formatBytes } from '../model/units.ts';

export interface Space {
  /** Bytes that an ordinary user may still use. */
  readonly free: number;
  readonly total: number;
}

/** Space of the file system that holds `path`, or that will once it is made. */
export async function spaceAt(path: string): Promise<Space> {
  for (let at = path; ; at = dirname(at)) {
    try {
      const seen = await statfs(at);
      return { free: seen.bavail * seen.bsize, total: seen.blocks * seen.bsize };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || at === '/') throw error;
    }
  }
}

/** Whether something failed since a file system is full: an error of Node, or of a program that says so. */
export function isFull(error: unknown): boolean {
  const { code, stderr } = (error ?? {}) as { readonly code?: unknown; readonly stderr?: unknown };
  return (
    code === 'ENOSPC' ||
    code === 'EDQUOT' ||
    (typeof stderr === 'string' && /No space left|quota exceeded/i.test(stderr))
  );
}

export interface Room {
  /** What was to be written, for people: `the memory of dev`. */
  readonly what: string;
  /** A directory of the file system that is to hold it. */
  readonly dir: string;
  /** Bytes that it takes at the most. */
  readonly needed?: number;
  readonly vm: string;
}

/** @returns `error`, or what people should read where it is that of a full file system */
export async function explainFull(error: unknown, { what, dir, needed, vm }: Room): Promise<unknown> {
  if (!isFull(error)) return error;
  const { free, total } = await spaceAt(dir);
  const inMemory = dir.startsWith('/dev/shm');
  return new AiVmError(inMemory ? 'host.memory' : 'host.space', `there is no room for ${what}`, {
    vm,
    why: `${needed === undefined ? '' : `It takes up to ${formatBytes(needed)}. `}${dir} has ${formatBytes(free)} left of ${formatBytes(total)}.`,
    fix: inMemory
      ? `Stop other machines, or make ${dir} larger (mount -o remount,size=…). ${vm} goes on as it was.`
      : `Free some space (df -h ${dir}), or put ai-vm's files elsewhere with AI_VM_HOME. ${vm} goes on as it was.`,
    cause: error,
  });
}

/** From this part of what is there on, a warning is given. */
const WARN = 0.8;

/**
 * Disk space: refuses what cannot fit now, warns of what could fill the disk later.
 * @param needed bytes that are written right away
 * @param total bytes that it can grow to, such as the declared size of a thin disk
 * @returns a warning for people, or null
 * @throws AiVmError `host.space`
 */
export function judgeSpace(space: Space, needed: number, total: number, where: string, vm?: string): string | null {
  if (needed > space.free) {
    throw new AiVmError('host.space', `not enough disk space: ${formatBytes(needed)} needed`, {
      why: `${where} has ${formatBytes(space.free)} left of ${formatBytes(space.total)}.`,
      fix: 'Free some space, or put the data elsewhere with AI_VM_HOME.',
      ...(vm === undefined ? {} : { vm }),
    });
  }
  const most = Math.max(needed, total);
  if (most <= space.free * WARN) return null;
  return `up to ${formatBytes(most)} may be written to ${where}, which has ${formatBytes(space.free)} left`;
}

/** `judgeSpace` for the file system of a directory, which need not exist yet. */
export async function checkSpace(dir: string, needed: number, total: number, vm?: string): Promise<string | null> {
  return judgeSpace(await spaceAt(dir), needed, total, dir, vm);
}

/**
 * Memory: refuses machines larger than this host, warns when they take most of what is free.
 * @param needed bytes of all machines that are about to start
 * @throws AiVmError `host.memory`
 */
export function judgeMemory(host: { total: number; available: number }, needed: number, vm?: string): string | null {
  if (needed > host.total) {
    throw new AiVmError('host.memory', `not enough memory: ${formatBytes(needed)} declared`, {
      why: `This host has ${formatBytes(host.total)} in all.`,
      fix: 'Lower `memory` in the file.',
      ...(vm === undefined ? {} : { vm }),
    });
  }
  if (needed <= host.available * WARN) return null;
  return `${formatBytes(needed)} of memory declared, ${formatBytes(host.available)} available on this host`;
}
