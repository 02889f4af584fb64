/** One use of qemu-guest-agent's socket: connect, get in step, ask and be answered, hang up. */
import { randomInt } from 'node:crypto';
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { AiVmError } from '../model/errors.ts';
import { isObject, nonsense, toInteger, toObject, toShown } from './agent-checks.ts';
import type { Json } from './agent-checks.ts';
import { orAbort, reasonOf, throwIfAborted } from '../host/deadline.ts';

const NEWLINE = 0x0a;
/** Never part of JSON: it ends whatever came before it, in both directions. */
const DELIMITER = 0xff;

/** Longest reply (bytes), unless more is asked for. */
const REPLY_LIMIT = 1024 * 1024;
/** An earlier use that was cut off may leave its whole reply in the channel: so much is skipped (bytes). */
const SKIP_LIMIT = 128 * 1024 * 1024;
const SYNC_LIMIT = 4096;

export class AgentSession {
  readonly #socket: Socket;
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #signal: AbortSignal;
  readonly #abort: () => void;
  #rest: Buffer = Buffer.alloc(0);
  #nextId = 1;

  /**
   * Connects and discards what earlier uses have left, in the agent and in the channel. Other users of the socket are
   * waited for: the channel serves one at a time.
   * Everything in the session rejects with the signal's reason once it is aborted, else with `guest.agent`.
   */
  static async open(path: string, signal: AbortSignal): Promise<AgentSession> {
    const session = new AgentSession(await openSocket(path, signal), signal);
    try {
      await session.#synchronise();
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  private constructor(socket: Socket, signal: AbortSignal) {
    this.#socket = socket;
    this.#signal = signal;
    this.#chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    this.#abort = () => socket.destroy(reasonOf(signal));
    if (signal.aborted) this.#abort();
    else signal.addEventListener('abort', this.#abort, { once: true });
  }

  /** Sends a command and gives what it returns, unchecked. `limit`: longest reply in bytes. */
  async request(command: string, args: Json = {}, limit = REPLY_LIMIT): Promise<unknown> {
    const [value] = await this.requestAll([[command, args]], limit);
    return value;
  }

  /** Sends several without a wait in between: each is carried out whatever has become of the ones before it. */
  async requestAll(
    commands: readonly (readonly [command: string, args: Json])[],
    limit = REPLY_LIMIT,
  ): Promise<unknown[]> {
    const ids = commands.map(([command, args]) => this.#send(command, args));
    const replies: Json[] = [];
    for (const [n, [command]] of commands.entries()) {
      const reply = await this.#reply(limit);
      if (reply['id'] !== ids[n]) throw nonsense(`the reply to ${command} belongs to another command`);
      replies.push(reply);
    }
    // When all have been read: whoever takes a refusal may go on to ask.
    return replies.map((reply, n) => valueOf(commands[n]![0], reply));
  }

  /** Starts a program in the guest. @param args of `guest-exec` @returns its pid */
  async start(args: Json): Promise<number> {
    const reply = toObject(await this.request('guest-exec', args), 'guest-exec');
    // Numbers below 2 would not mean a process to `kill`, but all of them.
    return toInteger(reply['pid'], 'pid', 2, 2 ** 31 - 1);
  }

  /** Sends a command that is answered only when it fails; returns when the agent is past it or has gone. */
  async requestSilent(command: string, args: Json): Promise<void> {
    const id = this.#send(command, args);
    const ping = this.#send('guest-ping', {});
    const reply = await this.#reply(REPLY_LIMIT).catch((error: unknown) => {
      if (error instanceof HungUp) return null;
      throw error;
    });
    if (reply === null || reply['id'] === ping) return;
    if (reply['id'] !== id) throw nonsense(`the reply to ${command} belongs to another command`);
    valueOf(command, reply);
  }

  close(): void {
    this.#signal.removeEventListener('abort', this.#abort);
    this.#socket.destroy();
  }

  #send(command: string, args: Json): number {
    const id = this.#nextId;
    this.#nextId += 1;
    this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    return id;
  }

  async #reply(limit: number): Promise<Json> {
    const reply = parse(await this.#line(limit));
    if (reply === null) throw nonsense('a reply is no JSON object');
    return reply;
  }

  /** The agent forgets what it has half received at our 0xff, and marks its answer with one. */
  async #synchronise(): Promise<void> {
    const id = randomInt(1, 2 ** 31);
    this.#socket.write(Buffer.of(DELIMITER));
    this.#socket.write(`${JSON.stringify({ execute: 'guest-sync-delimited', arguments: { id } })}\n`);
    let skipped = 0;
    let line: Buffer | null = null;
    for (;;) {
      const end = this.#rest.indexOf(NEWLINE);
      const part = this.#rest.subarray(0, end === -1 ? this.#rest.length : end);
      this.#rest = this.#rest.subarray(end === -1 ? this.#rest.length : end + 1);
      const mark = part.lastIndexOf(DELIMITER);
      if (mark !== -1) line = Buffer.from(part.subarray(mark + 1));
      else if (line !== null) line = Buffer.concat([line, part]);
      if (line !== null && line.length > SYNC_LIMIT) line = null;
      skipped += part.length;
      if (skipped > SKIP_LIMIT) throw nonsense('it sends without end');
      if (end === -1) this.#rest = await this.#chunk();
      // An answer to the question of an earlier use looks the same but for its number.
      else if (line !== null && parse(line)?.['return'] === id) return;
      else line = null;
    }
  }

  async #line(limit: number): Promise<Buffer> {
    let line: Buffer = Buffer.allocUnsafe(4096);
    let size = 0;
    for (;;) {
      const end = this.#rest.indexOf(NEWLINE);
      const part = this.#rest.subarray(0, end === -1 ? this.#rest.length : end);
      this.#rest = this.#rest.subarray(end === -1 ? this.#rest.length : end + 1);
      if (size + part.length > limit) throw nonsense(`a reply is longer than ${limit} bytes`);
      if (size + part.length > line.length) {
        const larger = Buffer.allocUnsafe(Math.max(size + part.length, 2 * line.length));
        line.copy(larger, 0, 0, size);
        line = larger;
      }
      part.copy(line, size);
      size += part.length;
      if (end !== -1) return line.subarray(0, size);
      this.#rest = await this.#chunk();
    }
  }

  async #chunk(): Promise<Buffer> {
    try {
      const next = await this.#chunks.next();
      if (next.done !== true) return next.value;
    } catch (error) {
      throwIfAborted(this.#signal);
      throw new HungUp(error);
    }
    throwIfAborted(this.#signal);
    throw new HungUp(undefined);
  }
}

/** The machine's end of the channel is gone. */
class HungUp extends AiVmError {
  constructor(cause: unknown) {
    super('guest.agent', 'the connection to the guest agent is over', { why: 'QEMU has closed it.', cause });
  }
}

function valueOf(command: string, reply: Json): unknown {
  if ('return' in reply) return reply['return'];
  if (!isObject(reply['error'])) throw nonsense(`the reply to ${command} has neither result nor error`);
  throw new AiVmError('guest.agent', `the guest agent refused ${command}`, { why: toShown(reply['error']['desc']) });
}

function parse(line: Buffer): Json | null {
  try {
    const value: unknown = JSON.parse(line.toString('utf8'));
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** EAGAIN says that others wait in front of the socket already: it is tried again until the signal says stop. */
async function openSocket(path: string, signal: AbortSignal): Promise<Socket> {
  for (;;) {
    throwIfAborted(signal);
    const socket = createConnection({ path });
    try {
      const connected = new Promise<void>((resolve, reject) => {
        socket.once('connect', resolve);
        socket.on('error', reject);
      });
      await orAbort(connected, signal);
      return socket;
    } catch (error) {
      socket.destroy();
      throwIfAborted(signal);
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') {
        throw new AiVmError('guest.agent', `cannot connect to the guest agent's socket ${path}`, { cause: error });
      }
      await sleep(20);
    }
  }
}
