/**
 * QEMU before 8.2 may crash when it emulates a processor while devices come, as they do in a boot: a processor that already sees a new
 * map of memory may still find its way by the old one (QEMU's issue 1826; mended by its commit 0d58c660689f, "Use async_run_on_cpu in
 * tcg_commit"). It happens once in some hundred boots, and the next one knows nothing of it.
 */
import type { Capabilities } from '../../model/capabilities.ts';
import { AiVmError } from '../../model/errors.ts';

/** The version that no longer does it. */
const MENDED = { major: 8, minor: 2 };

export function mayCrash({ accelerator, qemu }: Pick<Capabilities, 'accelerator' | 'qemu'>): boolean {
  const isOld = qemu.major < MENDED.major || (qemu.major === MENDED.major && qemu.minor < MENDED.minor);
  return accelerator.accelerator === 'tcg' && isOld;
}

/** Whether QEMU went away without a word: one that was told to quit, or whose guest shut down or panicked, says so before. */
export function isSilentEnd(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (at instanceof AiVmError && at.code === 'qmp.closed') return true;
  }
  return false;
}
