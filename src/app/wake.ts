/** Whoever wants into a machine that stands still lets it go on, and waits for one that still boots. */
import { access } from 'node:fs/promises';
import { waitForSshBanner } from '../guest/readiness.ts';
import { isHeld } from '../host/lock.ts';
import { AiVmError } from '../model/errors.ts';
import type { Observed } from '../model/observed.ts';
import { observe } from '../reconcile/observe.ts';
import type { Context } from './context.ts';
import { takeGreeting } from './greeted.ts';
import { onlyMachine } from './select.ts';

export async function wake(context: Context, name: string | undefined): Promise<void> {
  const vm = await onlyMachine(context, name);
  const { project } = context;
  const seen = await observe(vm, project.machine(vm));
  const { process, suspended, applied, state, problem } = seen;
  // Stopped in the middle to be copied: by somebody who lets it go on in a moment, or who is gone.
  const frozen = process !== null && applied?.frozen === true && !(await isHeld(project.paths.lock));
  if (!frozen && state === 'paused') {
    throw new AiVmError('machine.not-running', `${vm} is paused`, {
      vm,
      ...(problem === null ? { fix: `ai-vm unpause ${vm}` } : { why: problem }),
    });
  }
  const { gateway } = seen.sightings;
  // Nobody is there to close the connection that was shared: ssh would wait for ever.
  if (!frozen && gateway !== null && gateway.is !== 'there') {
    throw new AiVmError('network.gateway', `there is no way into ${vm}: its gateway does not answer`, {
      vm,
      fix: `ai-vm up ${vm} starts it again.`,
    });
  }
  if (!frozen && (process !== null || !suspended)) {
    await awaitSsh(context, seen);
    return;
  }
  context.emit({ type: 'info', vm, message: `${vm} ${frozen ? 'stands still' : 'is suspended'} and goes on` });
  // Needed by those alone who have something to wake.
  const { up } = await import('./up.ts');
  await up(context, { vms: [vm] });
}

/** So long a server that is up may take to greet, before it is worth a word (milliseconds). */
const PATIENCE = 1500;

/** QEMU takes connections to a guest that does not listen yet, and drops them: ssh would fail with a riddle. */
async function awaitSsh(context: Context, { vm, state, applied, sightings }: Observed): Promise<void> {
  const port = sightings.sshPort ?? applied?.sshPort ?? null;
  if (port === null || (state !== 'starting' && state !== 'running')) return;
  const paths = context.project.machine(vm);
  const isOpen = await access(paths.sshControl).then(
    () => true,
    () => false,
  );
  // That of a guest that has just booted again by itself leads nowhere.
  if (state === 'running' && (isOpen || (await takeGreeting(paths)))) return;
  const timer = setTimeout(() => {
    context.emit({ type: 'info', vm, message: `${vm} does not answer on SSH yet; waiting for it` });
  }, PATIENCE);
  await waitForSshBanner(port, { signal: context.signal }).finally(() => clearTimeout(timer));
}
