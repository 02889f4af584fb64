/** Knocking on a forwarded port until an SSH server greets: QEMU accepts connections long before the guest listens. */
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { AiVmError } from '../model/errors.ts';
import { throwIfAborted } from '../host/deadline.ts';

/**
 * A connection that stays silent may still speak. But its first packet may also have been lost, and QEMU repeats it only
 * after 6 s; so another one is tried beside it, after a time (milliseconds) that grows. Not soon: a server under TCG takes
 * half a second to greet, and twice that when it has to greet two.
 */
const BESIDE = { first: 1_000, last: 5_000, factor: 1.5, most: 3 };
/** After a connection that was closed: the guest is up, its server is not. */
const AGAIN = { first: 25, last: 200, factor: 1.3 };
/** QEMU listens from its start. Refused so often in a row, about a second, there is no QEMU any more. */
const REFUSALS = 40;
const REFUSAL_WAIT = 25;
/** An identification line has at most 255 characters. */
const BANNER_LIMIT = 256;

type Outcome = 'greeted' | 'closed' | 'refused' | 'silent';

interface Attempt {
  readonly socket: Socket;
  /** Settles with anything but `silent`; never rejects. */
  readonly outcome: Promise<Outcome>;
}

/**
 * Resolves at the first greeting. Rejects with `qemu.died` when nothing listens on the port, or with the signal's
 * reason. Leaves no connection open.
 * @param first milliseconds until another connection is tried beside one that is silent
 */
export async function knock(
  host: string,
  port: number,
  signal: AbortSignal,
  first: number = BESIDE.first,
): Promise<void> {
  const open: Attempt[] = [];
  let timer: NodeJS.Timeout | undefined;
  let beside = first;
  let again = AGAIN.first;
  let refusals = 0;
  // The one before it has been decided without its timer.
  const pause = (ms: number): Promise<Outcome> => {
    clearTimeout(timer);
    return new Promise((resolve) => (timer = setTimeout(resolve, ms, 'silent')));
  };
  const stopped = new Promise<never>((_resolve, reject) => {
    const stop = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    signal.addEventListener('abort', stop, { once: true });
  });
  stopped.catch(() => {});
  try {
    for (;;) {
      throwIfAborted(signal);
      const attempt = connect(host, port);
      open.push(attempt);
      const greeted = Promise.race(open.map(onlyGreeting));
      const outcome = await Promise.race([greeted, attempt.outcome, pause(beside), stopped]);
      if (outcome === 'greeted') return;
      refusals = outcome === 'refused' ? refusals + 1 : 0;
      if (refusals >= REFUSALS) {
        throw new AiVmError('qemu.died', 'the machine ended before its guest was up', {
          why: `Nothing listens on ${host}:${port} any more: QEMU has gone away.`,
        });
      }
      if (outcome === 'silent') {
        beside = Math.min(BESIDE.last, beside * BESIDE.factor);
        if (open.length >= BESIDE.most) open.shift()?.socket.destroy();
        continue;
      }
      open.pop();
      const wait = outcome === 'refused' ? REFUSAL_WAIT : again;
      if (outcome === 'closed') again = Math.min(AGAIN.last, again * AGAIN.factor);
      if ((await Promise.race([greeted, pause(wait), stopped])) === 'greeted') return;
    }
  } finally {
    clearTimeout(timer);
    for (const { socket } of open) socket.destroy();
  }
}

/** The outcome if it is a greeting, else never anything. */
function onlyGreeting({ outcome }: Attempt): Promise<Outcome> {
  return new Promise((resolve) => {
    void outcome.then((value) => {
      if (value === 'greeted') resolve(value);
    });
  });
}

function connect(host: string, port: number): Attempt {
  const socket = createConnection({ host, port });
  let text = '';
  const outcome = new Promise<Outcome>((resolve) => {
    socket.on('data', (data: Buffer) => {
      text += data.toString('latin1', 0, BANNER_LIMIT);
      if (text.startsWith('SSH-') && text.includes('\n')) resolve('greeted');
      // Too long for a greeting, or something else altogether.
      else if (text.length < BANNER_LIMIT && 'SSH-'.startsWith(text.slice(0, 4))) return;
      socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED' ? 'refused' : 'closed'));
    socket.on('close', () => resolve('closed'));
  });
  return { socket, outcome };
}
