/** Runs a start script on behalf of a command that holds the project's lock. */
import { runHolding } from '../host/inherit.ts';
import { AiVmError } from '../model/errors.ts';

/**
 * Runs the start script, which is also what a person would run: there is one way to start a machine. It holds the lock with
 * us, as its descriptor 9: should we be killed, nobody starts the machine a second time while it is still at it.
 */
export async function runScript(vm: string, script: string, lock: number | null, signal: AbortSignal): Promise<void> {
  if (lock === null) throw new Error(`${vm} is started without the lock`);
  signal.throwIfAborted();
  const argv = ['-c', 'exec 9<&3 3<&-; exec sh "$@"', 'sh', script, '--locked'];
  const { code, stderr } = await runHolding(lock, 'sh', argv, signal);
  if (code === 0) return;
  throw new AiVmError('qemu.died', `${vm} could not be started`, {
    vm,
    why: stderr || `the start script ended with ${code ?? 'a signal'}`,
    fix: `ai-vm logs ${vm} --qemu shows all that QEMU said; sh ${script} tries it by hand.`,
  });
}

/** Somebody took the SSH port between the look and the start. */
export const isPortRace = (error: unknown): boolean =>
  error instanceof AiVmError &&
  /Could not set up host forwarding rule 'tcp:127\.0\.0\.1:\d+-:22'/.test(error.why ?? '');

/** How often another SSH port is tried then. */
export const PORT_TRIES = 5;
