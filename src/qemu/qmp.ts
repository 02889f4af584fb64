/** QEMU's monitor protocol, one client on one socket. Bounded in time and size, whatever the other side does. */
import type { Socket } from 'node:net';
import { AiVmError } from '../model/errors.ts';
import { EventLog } from './events.ts';
import type { QmpEvent, WaitOptions } from './events.ts';
import { LineSplitter, LineTooLong } from './framing.ts';
import { within } from '../host/deadline.ts';
import type { Limits } from '../host/deadline.ts';
import { greetingVersion, isObject, openSocket, parseObject, refusal } from './qmp-wire.ts';
import type { Json, QmpVersion } from './qmp-wire.ts';

export type { QmpEvent, WaitOptions } from './events.ts';
export type { Limits } from '../host/deadline.ts';

const LINE_LIMIT = 16 * 1024 * 1024;
const CONNECT_TIMEOUT = 5_000;
const COMMAND_TIMEOUT = 10_000;

/** What is asked and told; nothing of events. */
export type Monitor = Pick<Qmp, 'execute' | 'hmp'>;

interface Pending {
  readonly command: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class Qmp {
  readonly #socket: Socket;
  readonly #path: string;
  readonly #log = new EventLog();
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  /** Set once, when the connection is over. */
  #end: AiVmError | null = null;
  #greeted: (version: QmpVersion) => void = () => {};
  #refused: (error: Error) => void = () => {};
  #version: QmpVersion | null = null;

  /**
   * Connects, reads the greeting and leaves negotiation mode, all within `timeout` (default 5000 ms).
   * Rejects with `qmp.closed` when nobody listens or the peer hangs up, `qmp.timeout` when there is no greeting (the
   * monitor serves one client at a time), `qmp.failed` when the peer does not speak QMP, or the signal's reason.
   */
  static async connect(path: string, limits: Limits = {}): Promise<Qmp> {
    const timeout = limits.timeout ?? CONNECT_TIMEOUT;
    const attempt: { qmp: Qmp | null; over: boolean } = { qmp: null, over: false };
    const giveUp = (): void => {
      attempt.over = true;
      attempt.qmp?.close();
    };
    const opening = (async () => {
      const qmp = new Qmp(await openSocket(path, timeout), path);
      attempt.qmp = qmp;
      if (attempt.over) qmp.close();
      await qmp.#greeting();
      await qmp.execute('qmp_capabilities', {}, { timeout });
      return qmp;
    })();
    const late = (): AiVmError =>
      new AiVmError('qmp.timeout', `QEMU's monitor ${path} did not greet within ${timeout} ms`, {
        why: 'A monitor serves one client at a time: another one may hold it, or QEMU hangs.',
      });
    try {
      return await within(opening, { timeout, signal: limits.signal }, late, giveUp);
    } catch (error) {
      giveUp();
      throw error;
    }
  }

  private constructor(socket: Socket, path: string) {
    this.#socket = socket;
    this.#path = path;
    const lines = new LineSplitter(LINE_LIMIT);
    socket.on('data', (chunk: Buffer) => {
      try {
        for (const line of lines.push(chunk)) if (this.#end === null) this.#receive(line);
      } catch (error) {
        if (!(error instanceof LineTooLong)) throw error;
        this.#garbage(error.message);
      }
    });
    socket.on('error', (error) => this.#finish(this.#closed(error.message, error)));
    socket.on('close', () => this.#finish(this.#closed('the connection was closed')));
  }

  /** From the greeting. */
  get version(): QmpVersion {
    if (this.#version === null) throw new Error('not yet greeted');
    return this.#version;
  }

  /** Why the connection is over; null while it is open. */
  get end(): AiVmError | null {
    return this.#end;
  }

  /**
   * Runs one command (default timeout 10 000 ms) and gives what it returns, unchecked.
   * Rejects with `qmp.failed` (QEMU's own class and words), `qmp.timeout` (the command may still run; its late reply is
   * dropped), `qmp.closed`, or the signal's reason.
   */
  execute(command: string, args: Json = {}, limits: Limits = {}): Promise<unknown> {
    const timeout = limits.timeout ?? COMMAND_TIMEOUT;
    const id = this.#nextId;
    this.#nextId += 1;
    const reply = new Promise<unknown>((resolve, reject) => {
      if (this.#end !== null) {
        reject(this.#end);
        return;
      }
      if (limits.signal?.aborted === true) return;
      this.#pending.set(id, { command, resolve, reject });
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    });
    return within(
      reply,
      { timeout, signal: limits.signal },
      () => new AiVmError('qmp.timeout', `QEMU did not answer ${command} within ${timeout} ms`),
      () => this.#pending.delete(id),
    );
  }

  /** Runs one line of the human monitor and gives its text: errors too are only text, often empty means success. */
  async hmp(line: string, limits: Limits = {}): Promise<string> {
    const text = await this.execute('human-monitor-command', { 'command-line': line }, limits);
    if (typeof text !== 'string') throw new AiVmError('qmp.failed', `QEMU's answer to "${line}" is not a text`);
    return text;
  }

  /** A point in the stream of events, for `since`: taken before an action, nothing that the action causes is missed. */
  mark(): number {
    return this.#log.mark();
  }

  /** See {@link EventLog.wait}: past events of this connection count, from `since` on. */
  waitEvent(predicate: (event: QmpEvent) => boolean, options: WaitOptions = {}): Promise<QmpEvent> {
    return this.#log.wait(predicate, options);
  }

  /** See {@link EventLog.subscribe}. */
  events(options: { since?: number; signal?: AbortSignal } = {}): AsyncGenerator<QmpEvent, void, void> {
    return this.#log.subscribe(options);
  }

  /** Hangs up; what is pending rejects with `qmp.closed`. May be called any number of times. */
  close(): void {
    this.#finish(this.#closed('it was closed on this side'));
  }

  #greeting(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#end !== null) {
        reject(this.#end);
        return;
      }
      this.#refused = reject;
      this.#greeted = (version) => {
        this.#version = version;
        resolve();
      };
    });
  }

  #receive(line: string): void {
    const message = parseObject(line);
    if (message === null) {
      this.#garbage(`it sent ${JSON.stringify(line.slice(0, 60))}`);
      return;
    }
    if (this.#version === null) {
      const version = greetingVersion(message);
      if (version === null) this.#garbage('its first line is no greeting');
      else this.#greeted(version);
    } else if (typeof message['event'] === 'string') {
      this.#log.push({ event: message['event'], data: isObject(message['data']) ? message['data'] : {} });
    } else {
      this.#answer(message['id'], message);
    }
  }

  #answer(id: unknown, message: Json): void {
    if (typeof id !== 'number' || id >= this.#nextId) {
      this.#garbage('it sent a reply to no command');
      return;
    }
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    if ('return' in message) pending.resolve(message['return']);
    else pending.reject(refusal(pending.command, message['error']));
  }

  #garbage(what: string): void {
    this.#finish(new AiVmError('qmp.failed', `what answers at ${this.#path} does not speak QMP`, { why: what }));
  }

  #closed(why: string, cause?: Error): AiVmError {
    return new AiVmError('qmp.closed', `the connection to QEMU's monitor ${this.#path} is over`, { why, cause });
  }

  #finish(error: AiVmError): void {
    if (this.#end !== null) return;
    this.#end = error;
    this.#socket.destroy();
    this.#refused(error);
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
    this.#log.end(error);
  }
}
