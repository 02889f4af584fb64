/** Shells of the guest that wait for a script at a pipe. */
import { setTimeout as sleep } from 'node:timers/promises';
import { AiVmError } from '../model/errors.ts';
import { toBoolean, toInteger, toObject } from './agent-checks.ts';
import type { AgentSession } from './agent-wire.ts';
import { PIPES, type Pipe } from './waiting.ts';

/** The agent does not wait for the other end of a pipe: a shell that was just started waits for others first (milliseconds). */
const PATIENCE = 30_000;
const AGAIN = 10;

/** @param script ends at its pipe: `waitAt` @returns its pid */
export const startWaiting = (session: AgentSession, script: string): Promise<number> =>
  session.start({ path: '/bin/sh', arg: ['-c', script], 'capture-output': true });

/**
 * @param path of a pipe @param reader who is to come to it, by its pid, where that may end before it does
 * @returns the agent's handle of the pipe, by which a shell is told at once
 * @throws AiVmError `guest.agent`
 */
export async function openPipe(session: AgentSession, path: string, reader?: number): Promise<number> {
  const end = performance.now() + PATIENCE;
  for (;;) {
    try {
      const opened = await session.request('guest-file-open', { path, mode: 'w' });
      return toInteger(opened, 'handle', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    } catch (error) {
      if (performance.now() > end) throw error;
      if (reader !== undefined) await mustLive(session, reader);
      await sleep(AGAIN);
    }
  }
}

async function mustLive(session: AgentSession, pid: number): Promise<void> {
  const reply = toObject(await session.request('guest-exec-status', { pid }), 'guest-exec-status');
  if (toBoolean(reply['exited'], 'exited')) throw new AiVmError('guest.agent', 'the guest could not be prepared');
}

/** The handle is gone then: some shells read all that there is before they begin. */
export async function writePipe(session: AgentSession, handle: number, text: string): Promise<void> {
  await session.requestAll([
    ['guest-file-write', { handle, 'buf-b64': Buffer.from(text).toString('base64') }],
    ['guest-file-close', { handle }],
  ]);
}

/** @throws AiVmError `guest.agent` when nobody waits there */
export const sendScript = async (session: AgentSession, pipe: Pipe, text: string): Promise<void> =>
  writePipe(session, await openPipe(session, PIPES[pipe]), text);
