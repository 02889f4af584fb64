/**
 * A guest agent behind a unix socket, as QEMU's chardev shows it: one client at a time, and what it sends goes into the
 * void while nobody is connected. Its commands run on this host, files below `root`; and it can be told to be hostile.
 */
import { spawn } from 'node:child_process';
import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

type Json = Record<string, unknown>;

export interface AgentCommand {
  readonly execute: string;
  readonly arguments: Json;
  readonly id: unknown;
}

export interface FakeAgentOptions {
  /** Sent to every client as soon as it is connected: what an earlier use has left in the channel. */
  readonly leftover?: string | Buffer;
  /**
   * The answer to a command instead of the usual one: bytes are sent as they are, an object as JSON with the command's
   * id added, null is no answer at all; undefined leaves it to the usual one.
   */
  readonly answer?: (command: AgentCommand, socket: Socket) => string | Buffer | Json | null | undefined;
}

interface Running {
  exited: boolean;
  code: number | null;
  signal: number | null;
  readonly out: Buffer[];
  readonly err: Buffer[];
}

class Refused extends Error {}

export class FakeAgent {
  readonly received: AgentCommand[] = [];
  readonly #server: Server;
  readonly #options: FakeAgentOptions;
  readonly #waiting: Socket[] = [];
  readonly #running = new Map<number, Running>();
  #client: Socket | null = null;
  #vcpus = [true, true, true, true];

  static async listen(path: string, options: FakeAgentOptions = {}): Promise<FakeAgent> {
    const fake = new FakeAgent(options);
    await new Promise<void>((resolve) => fake.#server.listen(path, resolve));
    return fake;
  }

  private constructor(options: FakeAgentOptions) {
    this.#options = options;
    this.#server = createServer((socket) => {
      socket.on('error', () => {});
      this.#waiting.push(socket);
      this.#next();
    });
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
    if (this.#options.leftover !== undefined) socket.write(this.#options.leftover);
    let rest = '';
    socket.on('data', (data: Buffer) => {
      const text = rest + data.toString('latin1');
      const lines = text.slice(text.lastIndexOf('\xff') + 1).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines)
        this.#command(JSON.parse(Buffer.from(line, 'latin1').toString()) as AgentCommand, socket);
    });
  }

  #command(command: AgentCommand, socket: Socket): void {
    this.received.push(command);
    const answer = this.#options.answer?.(command, socket);
    if (answer === null) return;
    if (typeof answer === 'string' || Buffer.isBuffer(answer)) {
      socket.write(answer);
      return;
    }
    const reply = answer ?? this.#reply(command);
    if (reply === null) return;
    if (command.execute === 'guest-sync-delimited') socket.write(Buffer.of(0xff));
    socket.write(`${JSON.stringify({ id: command.id, ...reply })}\n`);
  }

  #reply(command: AgentCommand): Json | null {
    try {
      const value = this.#run(command.execute, command.arguments);
      return command.execute === 'guest-shutdown' ? null : { return: value };
    } catch (error) {
      return { error: { class: 'GenericError', desc: error instanceof Error ? error.message : String(error) } };
    }
  }

  #run(execute: string, args: Json): unknown {
    switch (execute) {
      case 'guest-sync-delimited':
        return args['id'];
      case 'guest-ping':
      case 'guest-shutdown':
        return {};
      case 'guest-exec':
        return { pid: this.#exec(args) };
      case 'guest-exec-status':
        return this.#status(Number(args['pid']));
      case 'guest-file-open':
        return openSync(String(args['path']), String(args['mode']));
      case 'guest-file-read': {
        const buffer = Buffer.alloc(Number(args['count']));
        const count = readSync(Number(args['handle']), buffer);
        return { count, 'buf-b64': buffer.toString('base64', 0, count), eof: count < buffer.length };
      }
      case 'guest-file-write': {
        // Never more than 1000 bytes at once: a write may be short.
        const bytes = Buffer.from(String(args['buf-b64']), 'base64').subarray(0, 1000);
        return { count: writeSync(Number(args['handle']), bytes), eof: false };
      }
      case 'guest-file-flush':
        fsyncSync(Number(args['handle']));
        return {};
      case 'guest-file-close':
        closeSync(Number(args['handle']));
        return {};
      case 'guest-get-vcpus':
        return this.#vcpus.map((online, id) => ({ 'logical-id': id, online, 'can-offline': id > 0 }));
      case 'guest-set-vcpus': {
        // One at a time: the agent may stop half-way.
        const [first] = args['vcpus'] as { 'logical-id': number; online: boolean }[];
        this.#vcpus[first!['logical-id']] = first!.online;
        return 1;
      }
      case 'guest-network-get-interfaces':
        return [
          { name: 'lo', 'ip-addresses': [{ 'ip-address-type': 'ipv4', 'ip-address': '127.0.0.1', prefix: 8 }] },
          { name: 'ens3', 'hardware-address': '52:54:00:12:34:56' },
        ];
      case 'guest-get-osinfo':
        return { id: 'fake', 'pretty-name': 'Fake Linux', 'kernel-release': '6.12.0', machine: 'x86_64' };
      case 'guest-get-time':
        return Date.now() * 1e6;
      default:
        throw new Refused(`The command ${execute} has not been found`);
    }
  }

  #exec(args: Json): number {
    const env = args['env'] as string[] | undefined;
    const entries = env?.map((e) => [e.slice(0, e.indexOf('=')), e.slice(e.indexOf('=') + 1)] as const);
    const child = spawn(String(args['path']), args['arg'] as string[], {
      stdio: 'pipe',
      env: entries === undefined ? process.env : Object.fromEntries(entries),
    });
    child.on('error', () => {});
    if (child.pid === undefined) throw new Refused(`Failed to execute child process "${String(args['path'])}"`);
    const running: Running = { exited: false, code: null, signal: null, out: [], err: [] };
    child.stdout.on('data', (data: Buffer) => running.out.push(data));
    child.stderr.on('data', (data: Buffer) => running.err.push(data));
    child.stdin.on('error', () => {});
    child.stdin.end(Buffer.from((args['input-data'] as string | undefined) ?? '', 'base64'));
    child.on('close', (code, signal) =>
      Object.assign(running, { exited: true, code, signal: signal === null ? null : 9 }),
    );
    this.#running.set(child.pid, running);
    return child.pid;
  }

  #status(pid: number): Json {
    const running = this.#running.get(pid);
    if (running === undefined) throw new Refused(`PID ${pid} does not exist`);
    if (!running.exited) return { exited: false };
    this.#running.delete(pid);
    return {
      exited: true,
      ...(running.signal === null ? { exitcode: running.code } : { signal: running.signal }),
      ...(running.out.length === 0 ? {} : { 'out-data': Buffer.concat(running.out).toString('base64') }),
      ...(running.err.length === 0 ? {} : { 'err-data': Buffer.concat(running.err).toString('base64') }),
    };
  }
}
