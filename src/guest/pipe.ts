/** Hands a script to a shell that waits for it at a pipe in the guest. */
import { setTimeout as sleep } from 'node:timers/promises';
import { toInteger } from './agent-checks.ts';
import type { AgentSession } from './agent-wire.ts';
import { PIPES, type Pipe } from './settle.ts';

/** The agent does not wait for the other end of a pipe: a shell that was just started may not have come to it (milliseconds). */
const PATIENCE = 5_000;
const AGAIN = 10;

/** @throws AiVmError `guest.agent` when nobody waits there */
export async function sendScript(session: AgentSession, pipe: Pipe, text: string): Promise<void> {
  const handle = await openPipe(session, PIPES[pipe]);
  await session.request('guest-file-write', { handle, 'buf-b64': Buffer.from(text).toString('base64') });
  await session.request('guest-file-close', { handle });
}

async function openPipe(session: AgentSession, path: string): Promise<number> {
  const end = performance.now() + PATIENCE;
  for (;;) {
    try {
      const opened = await session.request('guest-file-open', { path, mode: 'w' });
      return toInteger(opened, 'handle', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    } catch (error) {
      if (performance.now() > end) throw error;
      await sleep(AGAIN);
    }
  }
}
