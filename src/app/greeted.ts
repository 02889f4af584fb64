/**
 * That somebody has seen the SSH server of a machine greet a moment ago. The next one in need not ask it again: under emulation a
 * greeting takes half a second of what they wait for.
 */
import { stat, writeFile, rm } from 'node:fs/promises';
import type { MachinePaths } from '../model/machine.ts';

/** Longer ago, anything may have become of the guest (milliseconds). */
const FRESH = 30_000;

export const noteGreeting = ({ greeted }: MachinePaths): Promise<void> => writeFile(greeted, '', { mode: 0o600 });

/** Whether it has. Only the first who asks is told so: what they do in there may end the server. */
export async function takeGreeting({ greeted }: MachinePaths): Promise<boolean> {
  try {
    const age = Date.now() - (await stat(greeted)).mtimeMs;
    // Whoever removes it has it: without `force`, one of two fails.
    await rm(greeted);
    return age >= 0 && age < FRESH;
  } catch {
    return false;
  }
}
