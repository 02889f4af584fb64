/** A machine that runs, in memory, and what it is reached by: its monitors, its agent, the servers of its shares. */
import { AiVmError } from '../../src/model/errors.ts';
import type { Helper } from '../../src/model/boot.ts';
import type { NetworkConfig, SeenGateway } from '../../src/model/network.ts';
import { EventLog } from '../../src/qemu/events.ts';
import type { Monitor } from '../../src/qemu/qmp.ts';
import type { Hands } from '../../src/reconcile/adjust.ts';
import { seenGateway } from '../fixtures/machines.ts';
import { Fault, type Faults } from './faults.ts';
import type { Guest } from './guest.ts';
import type { Hardware, Sockets } from './hardware.ts';
import { machineHandlers } from './qmp-machine.ts';
import { Refusal, type MonitorHandler } from './qmp-server.ts';

interface Server {
  readonly socket: string;
  readonly share: string;
  readonly mode: string;
  /** Another one has taken its path: nobody finds it any more. */
  hidden: boolean;
  /** The chardev that is connected to it. */
  client: string | null;
}

/** Servers of shares, as processes of a host. */
export class Servers implements Sockets {
  readonly list: Server[] = [];

  serve({ socket, share, mode }: Helper): void {
    for (const server of this.list) server.hidden ||= server.socket === socket;
    this.list.push({ socket, share: share.path, mode, hidden: false, client: null });
  }

  connect(path: string, chardev: string): boolean {
    const server = this.list.find((each) => each.socket === path && !each.hidden && each.client === null);
    if (server) server.client = chardev;
    return server !== undefined;
  }

  of(chardev: string): Server | undefined {
    return this.list.find(({ client }) => client === chardev);
  }

  connected(chardev: string): boolean {
    return this.of(chardev) !== undefined;
  }

  /** A server ends when its one client hangs up; this is also what becomes of one that is killed. */
  hangUp(chardev: string): void {
    this.end((server) => server.client === chardev);
  }

  /** Numbers of the places that have a server. */
  places(): number[] {
    return this.list.map(({ socket }) => Number(/fs(\d+)\.sock$/.exec(socket)?.[1]));
  }

  end(which: (server: Server) => boolean): void {
    for (const server of this.list.filter(which)) this.list.splice(this.list.indexOf(server), 1);
  }
}

/** The gateway of a machine, and what it was last told. */
export class FakeGateway {
  /** Null: it has ended. */
  told: NetworkConfig | null;
  readonly #wired: boolean;

  /** @param network undefined: the machine is not wired to one */
  constructor(network: NetworkConfig | undefined) {
    this.told = network ?? null;
    this.#wired = network !== undefined;
  }

  seen(): SeenGateway | null {
    if (!this.#wired) return null;
    return this.told ? seenGateway(this.told) : { is: 'gone' };
  }
}

const READS = /^(query-|qom-list$|qom-get$)/;

export interface Reached {
  readonly uuid: string;
  readonly hardware: Hardware;
  readonly guest: Guest;
  readonly servers: Servers;
  readonly gateway: FakeGateway;
}

/** A monitor in memory: of what it is told, each command but a question is a side effect. */
export function monitorOf({ uuid, hardware }: Reached, faults: Faults, log: EventLog): Monitor {
  const handlers: Readonly<Record<string, MonitorHandler>> = {
    ...machineHandlers({ ...hardware.spec, uuid }, hardware),
    'query-status': () => ({ status: 'running' }),
  };
  const emit = (event: string, data = {}): void => log.push({ event, data });
  const execute = async (command: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> => {
    await Promise.resolve();
    faults.look();
    const handler = handlers[command];
    const line = command === 'human-monitor-command' ? String(args['command-line']) : '';
    const answer = (): unknown => {
      if (!handler) throw new Refusal(`The command ${command} has not been found`, 'CommandNotFound');
      return handler(args, { emit, cut: () => undefined });
    };
    try {
      if (READS.test(command) || line.startsWith('info ')) return answer();
      return faults.act(line || `${command} ${String(args['id'] ?? args['node-name'] ?? args['path'])}`, answer);
    } catch (error) {
      if (!(error instanceof Refusal || error instanceof Fault)) throw error;
      throw new AiVmError('qmp.failed', `QEMU refused ${command}`, { why: error.message });
    }
  };
  return { execute, hmp: async (line) => String(await execute('human-monitor-command', { 'command-line': line })) };
}

function agentOf({ guest }: Reached, faults: Faults): Hands['agent'] {
  type Session = Parameters<Parameters<Hands['agent']['use']>[0]>[0];
  const request = async (command: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> => {
    await Promise.resolve();
    faults.look();
    try {
      if (command === 'guest-get-vcpus') return guest.request(command, args);
      return faults.act(command, () => guest.request(command, args));
    } catch (error) {
      if (!(error instanceof Refusal || error instanceof Fault)) throw error;
      throw new AiVmError('guest.agent', `the guest agent refused ${command}`, { why: error.message });
    }
  };
  return {
    use: (work) => work({ request } as unknown as Session),
    exec: async (_argv, options) => {
      await Promise.resolve();
      const script = (options?.input ?? '').toString();
      const ended = { signal: null, stderr: Buffer.alloc(0), truncated: false };
      try {
        const { code, stdout } = faults.act(`guest: ${script.split('\n')[0] ?? ''}`, () => guest.run(script));
        return { ...ended, code, stdout: Buffer.from(stdout) };
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        guest.cutOff(script);
        return { ...ended, code: 1, stdout: Buffer.from(error.message) };
      }
    },
  };
}

/** @param log where events of its monitor arrive */
export function handsOf(reached: Reached, faults: Faults, log = new EventLog()): Hands {
  const host = async (name: string, work: () => void): Promise<void> => {
    await Promise.resolve();
    try {
      faults.act(name, work);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      throw new AiVmError('share.refused', error.message);
    }
  };
  return {
    vm: 'dev',
    control: monitorOf(reached, faults, log),
    events: { mark: () => log.mark(), waitEvent: (predicate, options) => log.wait(predicate, options) },
    agent: agentOf(reached, faults),
    serve: (helper) => host(`serve ${helper.socket}`, () => reached.servers.serve(helper)),
    dismiss: (socket) => host(`dismiss ${socket}`, () => reached.servers.end((server) => server.socket === socket)),
    gateway: (network) => host('gateway', () => void (reached.gateway.told = network)),
    secrets: () => host('secrets', () => undefined),
    forgetLogin: () => host('forget login', () => undefined),
    signal: faults.signal,
  };
}
