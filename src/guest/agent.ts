/** qemu-guest-agent of one machine. The guest is not trusted: replies are bounded in size and time, and checked. */
import { setTimeout as sleep } from 'node:timers/promises';
import { AiVmError } from '../model/errors.ts';
import { formatDuration } from '../model/units.ts';
import { nonsense, toBoolean, toBytes, toInteger, toObject } from './agent-checks.ts';
import { orAbort, startDeadline } from '../host/deadline.ts';
import type { Limits } from '../host/deadline.ts';
import { parseInterfaces, parseOsInfo, parseTime, parseTraffic } from './agent-replies.ts';
import type { NetworkInterface, OsInfo, Traffic, Vcpu } from './agent-replies.ts';
import { getVcpus, setVcpus } from './agent-vcpus.ts';
import { AgentSession } from './agent-wire.ts';

export type { Limits } from '../host/deadline.ts';
export type { NetworkInterface, OsInfo, Vcpu } from './agent-replies.ts';

export interface ExecOptions extends Limits {
  /** The whole environment of the command, but for PATH, which has a default. None: the agent's own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input; empty by default. */
  readonly input?: string | Buffer;
  /** Bytes kept of stdout and of stderr, each; default 1 MiB. */
  readonly maxOutput?: number;
}

export interface ExecResult {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly signal: number | null;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** There was more output than is kept. */
  readonly truncated: boolean;
}

const TIMEOUT = 10_000;
const EXEC_TIMEOUT = 60_000;
const KILL_TIMEOUT = 2_000;
const MAX_OUTPUT = 1024 * 1024;
/** The agent keeps 16 MiB each of stdout and stderr, and sends them as base64. */
const STATUS_LIMIT = 48 * 1024 * 1024;
const CHUNK = 48 * 1024;
/** How often a running command is asked for: at first soon, then less and less (milliseconds). */
const POLL = { first: 5, last: 250 };
/** How long a command is waited for before the channel is left to others (milliseconds). */
const ON_THE_LINE = 300;
const PATH = [
  '/run/current-system/sw/bin',
  ...['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'],
].join(':');

export class Agent {
  readonly #socket: string;
  #turn: Promise<void> = Promise.resolve();

  /** @param socket path of the chardev's unix socket */
  constructor(socket: string) {
    this.#socket = socket;
  }

  /**
   * Runs `work` with the agent's channel to itself. One use at a time, here and among processes: keep it short.
   * Rejects with `guest.agent` after `timeout` (default 10 000 ms, waiting for others included).
   */
  async use<T>(work: (session: AgentSession) => Promise<T>, limits: Limits = {}): Promise<T> {
    const { timeout = TIMEOUT, signal } = limits;
    const deadline = startDeadline(timeout, signal, () => {
      return new AiVmError('guest.agent', `the guest agent did not answer within ${formatDuration(timeout)}`);
    });
    const before = this.#turn;
    let done = (): void => {};
    this.#turn = new Promise((resolve) => (done = resolve));
    let session: AgentSession | undefined;
    try {
      await orAbort(before, deadline.signal);
      session = await AgentSession.open(this.#socket, deadline.signal);
      return await work(session);
    } finally {
      session?.close();
      deadline.clear();
      void before.then(done);
    }
  }

  async ping(limits?: Limits): Promise<void> {
    await this.use((session) => session.request('guest-ping'), limits);
  }

  /**
   * Runs a command as root in the guest and waits for its end; `timeout` (default 60 000 ms) is for all of it. The
   * channel is free while it runs. A command that is given up is killed (it alone, not what it has started).
   */
  async exec(argv: readonly [string, ...string[]], options: ExecOptions = {}): Promise<ExecResult> {
    const { timeout = EXEC_TIMEOUT, maxOutput = MAX_OUTPUT } = options;
    const deadline = startDeadline(timeout, options.signal, () => {
      return new AiVmError('guest.agent', `${argv[0]} in the guest did not end within ${formatDuration(timeout)}`);
    });
    const limits = { signal: deadline.signal };
    try {
      const { pid, result } = await this.#start(argv, options, limits, maxOutput);
      return (
        result ??
        (await this.#ended(pid, maxOutput, limits).catch(async (error: unknown) => {
          if (deadline.signal.aborted) await this.#kill(pid);
          throw error;
        }))
      );
    } finally {
      deadline.clear();
    }
  }

  /** The contents of a file of the guest. A file of more than `limit` bytes (default 1 MiB) is `guest.agent`. */
  async readFile(path: string, options: Limits & { readonly limit?: number } = {}): Promise<Buffer> {
    const { limit = MAX_OUTPUT } = options;
    return this.#withFile(path, 'r', options, async (session, handle) => {
      const parts: Buffer[] = [];
      let size = 0;
      for (;;) {
        const reply = toObject(await session.request('guest-file-read', { handle, count: CHUNK }), 'guest-file-read');
        const part = toBytes(reply['buf-b64'], 'buf-b64');
        parts.push(part);
        size += part.length;
        if (size > limit) throw new AiVmError('guest.agent', `${path} in the guest has more than ${limit} bytes`);
        if (toBoolean(reply['eof'], 'eof')) return Buffer.concat(parts);
        if (part.length === 0) throw nonsense('a read gives nothing, and yet the file does not end');
      }
    });
  }

  /** Writes a file of the guest in place: owner root, mode by the agent's umask if it is new. Not atomic. */
  async writeFile(path: string, content: string | Buffer, limits: Limits = {}): Promise<void> {
    await this.#withFile(path, 'w', limits, async (session, handle) => {
      let rest = Buffer.from(content);
      while (rest.length > 0) {
        const part = rest.subarray(0, CHUNK);
        const args = { handle, 'buf-b64': part.toString('base64') };
        const reply = toObject(await session.request('guest-file-write', args), 'guest-file-write');
        rest = rest.subarray(toInteger(reply['count'], 'count', 1, part.length));
      }
      await session.request('guest-file-flush', { handle });
    });
  }

  /** Asks the guest to end. Returns when the agent has passed it on, which is long before the guest is down. */
  async shutdown(mode: 'powerdown' | 'halt' | 'reboot', limits?: Limits): Promise<void> {
    await this.use((session) => session.requestSilent('guest-shutdown', { mode }), limits);
  }

  async vcpus(limits?: Limits): Promise<Vcpu[]> {
    return this.use(getVcpus, limits);
  }

  /** Takes processors of the guest online or offline, in this order. The agent may do a part and then fail. */
  async setVcpus(vcpus: readonly { readonly id: number; readonly online: boolean }[], limits?: Limits): Promise<void> {
    await this.use((session) => setVcpus(session, vcpus), limits);
  }

  async networkInterfaces(limits?: Limits): Promise<NetworkInterface[]> {
    return parseInterfaces(await this.use((session) => session.request('guest-network-get-interfaces'), limits));
  }

  async traffic(limits?: Limits): Promise<Traffic> {
    return parseTraffic(await this.use((session) => session.request('guest-network-get-interfaces'), limits));
  }

  async osInfo(limits?: Limits): Promise<OsInfo> {
    return parseOsInfo(await this.use((session) => session.request('guest-get-osinfo'), limits));
  }

  /** The guest's clock: milliseconds since 1970. */
  async time(limits?: Limits): Promise<number> {
    return parseTime(await this.use((session) => session.request('guest-get-time'), limits));
  }

  /**
   * Hanging up costs: the agent sleeps a tenth of a second when nobody is there. So a command that is over soon is waited
   * for on the line; of a longer one `result` is null.
   */
  async #start(
    argv: readonly [string, ...string[]],
    options: ExecOptions,
    limits: Limits,
    maxOutput: number,
  ): Promise<{ readonly pid: number; readonly result: ExecResult | null }> {
    const [path, ...arg] = argv;
    const env =
      options.env === undefined ? {} : { env: Object.entries({ PATH, ...options.env }).map((e) => e.join('=')) };
    const input = options.input === undefined ? {} : { 'input-data': Buffer.from(options.input).toString('base64') };
    const args = { path, arg, ...env, ...input, 'capture-output': true };
    return this.use(async (session) => {
      const pid = await session.start(args);
      const end = performance.now() + ON_THE_LINE;
      for (let wait = POLL.first; performance.now() + wait < end; wait = Math.min(2 * wait, POLL.last)) {
        await sleep(wait);
        const status = await session.request('guest-exec-status', { pid }, STATUS_LIMIT).catch((error: unknown) => {
          // It runs, and whoever gives it up has to know which one it is.
          if (limits.signal?.aborted === true) return null;
          throw error;
        });
        if (status === null) break;
        const result = parseStatus(status, maxOutput);
        if (result !== null) return { pid, result };
      }
      return { pid, result: null };
    }, limits);
  }

  /** Waits until it is gone, within reason; the caller is told why the command was given up, not how. */
  async #kill(pid: number): Promise<void> {
    const deadline = startDeadline(KILL_TIMEOUT, undefined, () => new Error('not killed'));
    const limits = { signal: deadline.signal };
    try {
      await this.#start(['kill', '-KILL', String(pid)], {}, limits, 0);
      await this.#ended(pid, 0, limits);
    } catch {
      // The guest does not answer, or the command has ended by itself.
    } finally {
      deadline.clear();
    }
  }

  async #ended(pid: number, maxOutput: number, limits: { readonly signal: AbortSignal }): Promise<ExecResult> {
    for (let wait = POLL.first; ; wait = Math.min(2 * wait, POLL.last)) {
      const reply = await this.use((s) => s.request('guest-exec-status', { pid }, STATUS_LIMIT), limits);
      const result = parseStatus(reply, maxOutput);
      if (result !== null) return result;
      await orAbort(sleep(wait), limits.signal);
    }
  }

  #withFile<T>(
    path: string,
    mode: 'r' | 'w',
    limits: Limits,
    work: (session: AgentSession, handle: number) => Promise<T>,
  ): Promise<T> {
    return this.use(async (session) => {
      const opened = await session.request('guest-file-open', { path, mode });
      const handle = toInteger(opened, 'handle', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
      try {
        return await work(session, handle);
      } finally {
        await session.request('guest-file-close', { handle }).catch(() => undefined);
      }
    }, limits);
  }
}

function parseStatus(value: unknown, maxOutput: number): ExecResult | null {
  const reply = toObject(value, 'guest-exec-status');
  if (!toBoolean(reply['exited'], 'exited')) return null;
  const [stdout, stderr] = [toBytes(reply['out-data'], 'out-data'), toBytes(reply['err-data'], 'err-data')];
  return {
    code: reply['exitcode'] === undefined ? null : toInteger(reply['exitcode'], 'exitcode', 0, 255),
    signal: reply['signal'] === undefined ? null : toInteger(reply['signal'], 'signal', 1, 127),
    stdout: stdout.subarray(0, maxOutput),
    stderr: stderr.subarray(0, maxOutput),
    truncated:
      reply['out-truncated'] === true ||
      reply['err-truncated'] === true ||
      Math.max(stdout.length, stderr.length) > maxOutput,
  };
}
