/** A shell of a machine that is copied: each copy is told by it who it is. */
import { randomBytes } from 'node:crypto';
import type { Agent } from '../../guest/agent.ts';
import { openPipe, startWaiting, writePipe } from '../../guest/pipe.ts';
import { FORGET_LISTS } from '../../guest/settle-users.ts';
import { prepareWaiting, waitAt, waitingPlace } from '../../guest/waiting.ts';
import type { Limits } from '../../host/deadline.ts';
import type { Waiting } from '../../images/templates.ts';

/** A guest under emulation on a loaded host starts three programs (milliseconds). */
const PATIENCE = 60_000;

/** A shell that is on its way to its pipe. */
export interface WaitingShell {
  /** Settles when it waits. @throws AiVmError `guest.agent` */
  readonly come: () => Promise<Partial<Waiting>>;
  /** In the machine itself it has nothing to wait for. Never rejects: the next command of this kind ends whoever waits for nobody. */
  readonly end: () => Promise<void>;
}

/** Starts it. It comes to its pipe while other things are done. */
export async function beginWaiting(agent: Agent, signal: AbortSignal): Promise<WaitingShell> {
  const place = waitingPlace(Date.now(), randomBytes(8).toString('hex'));
  const script = `${FORGET_LISTS}${prepareWaiting(place)}${waitAt('settle', place)}`;
  const settle = await agent.use((session) => startWaiting(session, script), { signal });
  let handle: number | undefined;
  const open = async (limits: Limits): Promise<number> =>
    (handle ??= await agent.use((session) => openPipe(session, `${place}/settle`, settle), limits));
  return {
    come: async () => ({ settle, handle: await open({ timeout: PATIENCE, signal }) }),
    end: async () => {
      const limits = { timeout: PATIENCE };
      const write = async (): Promise<void> => {
        const opened = await open(limits);
        await agent.use((session) => writePipe(session, opened, 'exit 0\n'), limits);
      };
      await write().catch(() => undefined);
    },
  };
}
