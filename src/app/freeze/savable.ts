/** Whether a machine's memory can be copied at all. Pure. */
import { AiVmError } from '../../model/errors.ts';
import type { Applied, Identity, ProcessId } from '../../model/machine.ts';
import type { Observed } from '../../model/observed.ts';

/** @throws AiVmError `machine.not-running`, `usage` */
export function requireSavable(seen: Observed): { applied: Applied; identity: Identity; process: ProcessId } {
  const { vm, identity, applied, process, state, sightings } = seen;
  if (state !== 'running' || !applied || !identity || !process) {
    throw new AiVmError(
      'machine.not-running',
      `${vm} is ${state}, and only the memory of a running machine can be copied`,
      {
        vm,
        fix: `ai-vm up ${vm}`,
      },
    );
  }
  if ((sightings.argv ?? []).some((word) => word.includes('id=ram0') && word.includes('share=off'))) {
    throw new AiVmError('usage', `${vm} is a fork, and its memory is not its own alone`, {
      vm,
      fix: `Use ${identity.parent ?? 'its source'}; or ai-vm stop ${vm}, then ai-vm start ${vm}: from then on it is.`,
    });
  }
  if (applied.config.audio !== false) {
    throw new AiVmError('usage', `${vm} has a sound card, and the memory of such a machine cannot be copied yet`, {
      vm,
    });
  }
  return { applied, identity, process };
}
