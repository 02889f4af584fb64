/** A QMP monitor on a unix socket that can be told to misbehave. Like QEMU's it serves one client at a time. */
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

type Json = Record<string, unknown>;

export interface Received {
  readonly execute: string;
  readonly arguments: Json;
  readonly id: unknown;
}

/** What one command does: gives what it returns, or throws {@link Refusal}; `never` leaves it without an answer. */
export type Handler = (args: Json, server: FakeQmp) => unknown;

/** One that says no more than a monitor does: for this one, or for one in memory. */
export type MonitorHandler = (args: Json, monitor: Monitor) => unknown;

/** What a command may do to whoever has sent it. */
export interface Monitor {
  readonly emit: (event: string, data?: Json) => void;
  readonly cut: () => void;
}

export const NEVER = Symbol('never');

export class Refusal extends Error {
  readonly errorClass: string;
  constructor(desc: string, errorClass = 'GenericError') {
    super(desc);
    this.errorClass = errorClass;
  }
}

export const GREETING = `${JSON.stringify({
  QMP: { version: { qemu: { micro: 22, minor: 2, major: 7 }, package: 'fake' }, capabilities: ['oob'] },
})}\r\n`;

export interface FakeQmpOptions {
  readonly handlers?: Readonly<Record<string, Handler>>;
  /** What is sent to a new client; default {@link GREETING}. */
  readonly greeting?: string;
  /** Hang up right after the greeting has been sent. */
  readonly cutAfterGreeting?: boolean;
  /** How bytes are split before they are sent, each piece by a write of its own. Default: not at all. */
  readonly chunk?: (bytes: Buffer) => readonly Buffer[];
}

export class FakeQmp {
  readonly received: Received[] = [];
  readonly #server: Server;
  readonly #options: FakeQmpOptions;
  readonly #waiting: Socket[] = [];
  #client: Socket | null = null;
  #writing: Promise<void> = Promise.resolve();

  static async listen(path: string, options: FakeQmpOptions = {}): Promise<FakeQmp> {
    const fake = new FakeQmp(options);
    await new Promise<void>((resolve) => fake.#server.listen(path, resolve));
    return fake;
  }

  private constructor(options: FakeQmpOptions) {
    this.#options = options;
    this.#server = createServer((socket) => {
      socket.on('error', () => {});
      this.#waiting.push(socket);
      this.#next();
    });
  }

  /** Sends an event to the client. */
  emit(event: string, data: Json = {}): void {
    this.send(`${JSON.stringify({ event, data, timestamp: { seconds: 1, microseconds: 2 } })}\r\n`);
  }

  /** Sends these very bytes, split as the options say. */
  send(text: string | Buffer): void {
    const client = this.#client;
    const pieces = (this.#options.chunk ?? ((bytes: Buffer) => [bytes]))(Buffer.from(text));
    this.#writing = this.#writing.then(async () => {
      for (const piece of pieces) {
        if (client === null || client.destroyed) return;
        client.write(piece);
        if (pieces.length > 1) await new Promise((resolve) => setImmediate(resolve));
      }
    });
  }

  /** Hangs up on the client after what has been sent. */
  cut(): void {
    const client = this.#client;
    void this.#writing.then(() => client?.end());
  }

  async close(): Promise<void> {
    for (const socket of [...this.#waiting, ...(this.#client === null ? [] : [this.#client])]) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #next(): void {
    if (this.#client !== null) return;
    const socket = this.#waiting.shift();
    if (socket === undefined) return;
    this.#client = socket;
    socket.on('close', () => {
      this.#client = null;
      this.#next();
    });
    let rest = '';
    socket.on('data', (data: Buffer) => {
      const lines = (rest + data.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#command(JSON.parse(line) as Received);
    });
    this.send(this.#options.greeting ?? GREETING);
    if (this.#options.cutAfterGreeting === true) this.cut();
  }

  #command(command: Received): void {
    this.received.push(command);
    const { execute, id } = command;
    const handler = this.#options.handlers?.[execute] ?? (execute === 'qmp_capabilities' ? () => ({}) : undefined);
    let reply: Json;
    try {
      if (handler === undefined) throw new Refusal(`The command ${execute} has not been found`, 'CommandNotFound');
      const value = handler(command.arguments, this);
      if (value === NEVER) return;
      reply = { return: value, id };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      reply = { error: { class: error.errorClass, desc: error.message }, id };
    }
    this.send(`${JSON.stringify(reply)}\r\n`);
  }
}
