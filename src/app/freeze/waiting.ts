/** A shell of a machine that is copied: each copy is told by it who it is. */
import type { Agent } from '../../guest/agent.ts';
import { closePipe, openPipe, startWaiting, writePipe } from '../../guest/pipe.ts';
import { GIVE_UP, PREPARE_WAITING } from '../../guest/settle.ts';
import type { Waiting } from '../../images/templates.ts';
import { AiVmError } from '../../model/errors.ts';

/**
 * Does the work while a shell waits in the guest. In the machine itself it has nothing to wait for.
 * @throws AiVmError `guest.agent`, and what the work throws
 */
export async function whileWaiting<T>(
  agent: Agent,
  signal: AbortSignal,
  work: (waiting: Partial<Waiting>) => Promise<T>,
): Promise<T> {
  const made = await agent.exec(['/bin/sh', '-c', PREPARE_WAITING], { signal });
  if (made.code !== 0) throw new AiVmError('guest.agent', 'the guest could not be prepared');
  const waiting = await agent.use(
    async (session) => ({ settle: await startWaiting(session, 'settle'), handle: await openPipe(session, 'settle') }),
    { signal },
  );
  const end = (): Promise<void> =>
    agent.use(async (session) => {
      await writePipe(session, waiting.handle, `${GIVE_UP}\n`);
      await closePipe(session, waiting.handle);
    });
  // What became of the work is what counts; the next command of this kind ends whoever waits for nobody.
  return work(waiting).finally(() => end().catch(() => undefined));
}
