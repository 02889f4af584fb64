/** A running machine, stopped in the middle for as long as it takes to copy what cannot be shared, and let go on. */
import { open, rm, stat, type FileHandle } from 'node:fs/promises';
import { execa } from 'execa';
import type { MachinePaths } from '../../model/machine.ts';
import type { Qmp } from '../../qemu/qmp.ts';
import { withControl } from '../control.ts';

/** Runs `work` while the guest stands still. It goes on whatever happens. @returns how long it stood still (milliseconds) */
export function whileStopped(
  paths: MachinePaths,
  signal: AbortSignal,
  work: (qmp: Qmp) => Promise<void>,
): Promise<number> {
  return withControl(
    paths,
    async (qmp) => {
      const begin = performance.now();
      await qmp.execute('stop');
      try {
        await work(qmp);
      } finally {
        await qmp.execute('cont');
      }
      return performance.now() - begin;
    },
    signal,
  );
}

/** A file without a name: it is gone when the last one closes it, however they end. */
export async function nameless(dir: string, name: string): Promise<FileHandle> {
  const path = `${dir}/${name}`;
  await rm(path, { force: true });
  const file = await open(path, 'wx+', 0o600);
  await rm(path);
  return file;
}

export const fdPath = (file: FileHandle): string => `/proc/${process.pid}/fd/${file.fd}`;

/** Copies a file with its holes: what the guest has never touched takes neither time nor space. */
export async function copySparse(from: string, to: string, signal: AbortSignal): Promise<void> {
  try {
    await execa('cp', ['--sparse=always', '--reflink=auto', '--', from, to], { cancelSignal: signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/** Bytes of a memory that the guest has touched. */
export async function touchedBytes(file: FileHandle): Promise<number> {
  return (await file.stat()).blocks * 512;
}

/** Where copies of memory go: a file system in memory, else the runtime directory. */
export async function memoryDir(fallback: string): Promise<string> {
  const shm = await stat('/dev/shm').catch(() => null);
  return shm?.isDirectory() ? '/dev/shm' : fallback;
}
