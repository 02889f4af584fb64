/**
 * That somebody has seen the SSH server of a machine greet a moment ago. The next one in need not ask it again: under emulation a
 * greeting takes half a second of what they wait for.
 */
import { lstat, rm, writeFile } from 'node:fs/promises';
import type { MachinePaths } from '../model/machine.ts';

/** Longer ago, anything may have become of the guest (milliseconds). */
const FRESH = 30_000;

/** In a directory of QEMU's user, who may have put anything there: a new file or none. Without it somebody waits a little longer. */
export async function noteGreeting({ greeted }: MachinePaths): Promise<void> {
  await rm(greeted, { force: true })
    .then(() => writeFile(greeted, '', { flag: 'wx', mode: 0o600 }))
    .catch(() => undefined);
}

/** Whether it has. Only the first who asks is told so: what they do in there may end the server. */
export async function takeGreeting({ greeted }: MachinePaths): Promise<boolean> {
  try {
    const age = Date.now() - (await lstat(greeted)).mtimeMs;
    // Whoever removes it has it: without `force`, one of two fails.
    await rm(greeted);
    return age >= 0 && age < FRESH;
  } catch {
    return false;
  }
}
