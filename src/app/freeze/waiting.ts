/** A shell of a machine that is copied: each copy is told by it who it is. */
import { randomBytes } from 'node:crypto';
import type { Agent } from '../../guest/agent.ts';
import { openPipe, startWaiting, writePipe } from '../../guest/pipe.ts';
import { FORGET_LISTS } from '../../guest/settle-users.ts';
import { prepareWaiting, waitingPlace } from '../../guest/waiting.ts';
import type { Waiting } from '../../images/templates.ts';
import { AiVmError } from '../../model/errors.ts';

/** A guest under emulation on a loaded host starts three programs (milliseconds). */
const PATIENCE = 60_000;

/**
 * Does the work while a shell waits in the guest. In the machine itself it has nothing to wait for.
 * @throws AiVmError `guest.agent`, and what the work throws
 */
export async function whileWaiting<T>(
  agent: Agent,
  signal: AbortSignal,
  work: (waiting: Partial<Waiting>) => Promise<T>,
): Promise<T> {
  const place = waitingPlace(randomBytes(8).toString('hex'));
  const made = await agent.exec(['/bin/sh', '-c', `${FORGET_LISTS}${prepareWaiting(place)}`], { signal });
  if (made.code !== 0) throw new AiVmError('guest.agent', 'the guest could not be prepared');
  const waiting = await agent.use(
    async (session) => {
      const settle = await startWaiting(session, 'settle', place);
      return { settle, handle: await openPipe(session, `${place}/settle`) };
    },
    { timeout: PATIENCE, signal },
  );
  const end = (): Promise<void> => agent.use((session) => writePipe(session, waiting.handle, 'exit 0\n'));
  // What became of the work is what counts; the next command of this kind ends whoever waits for nobody.
  return work(waiting).finally(() => end().catch(() => undefined));
}
