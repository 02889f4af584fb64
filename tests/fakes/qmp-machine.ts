/** Handlers for a fake monitor that behave as a QEMU does that was started with `-S`: just what the contract asks. */
import { Refusal } from './qmp-server.ts';
import type { Handler } from './qmp-server.ts';

export interface FakeMachine {
  readonly uuid: string;
  readonly cpus: number;
  readonly memory: number;
  readonly disk: { readonly node: string; readonly file: string; readonly virtualSize: number };
}

export function machineHandlers(machine: FakeMachine): Record<string, Handler> {
  let running = false;
  const forwards: { protocol: string; bind: string; host: string; guest: string }[] = [];

  const hmp = (line: string): string => {
    const [verb, ...words] = line.split(' ');
    const [protocol = '', bind = '', host = '', guest = ''] = (words.at(-1) ?? '').split(/:|-:/);
    const at = forwards.findIndex((f) => f.protocol === protocol && f.bind === bind && f.host === host);
    if (verb === 'info') {
      const rows = forwards.map(
        (f) =>
          `  ${f.protocol.toUpperCase()}[HOST_FORWARD]  12 ${f.bind.padStart(15)} ${f.host.padStart(5)}       10.0.2.15 ${f.guest.padStart(5)}     0     0\r\n`,
      );
      return `Hub -1 (net0):\r\n  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ\r\n${rows.join('')}`;
    }
    if (verb === 'hostfwd_add') {
      if (at !== -1) return `Could not set up host forwarding rule '${words.at(-1) ?? ''}'\r\n`;
      forwards.push({ protocol, bind, host, guest });
      return '';
    }
    if (verb === 'hostfwd_remove') {
      const rule = `${protocol}:${bind}:${host}`;
      if (at === -1) return `host forwarding rule for ${rule} not found\r\n`;
      forwards.splice(at, 1);
      return `host forwarding rule for ${rule} removed\r\n`;
    }
    return `unknown command: '${verb ?? ''}'\r\n`;
  };

  return {
    'query-status': () => ({ status: running ? 'running' : 'prelaunch', running, singlestep: false }),
    'query-uuid': () => ({ UUID: machine.uuid }),
    'query-cpus-fast': () =>
      Array.from({ length: machine.cpus }, (_, n) => ({ 'cpu-index': n, 'thread-id': 1000 + n, target: 'x86_64' })),
    'query-memory-size-summary': () => ({ 'base-memory': machine.memory, 'plugged-memory': 0 }),
    'query-chardev': () => [
      { label: 'agent', filename: 'disconnected:unix:agent.sock,server=on', 'frontend-open': false },
    ],
    'query-block': () => [
      {
        qdev: '/machine/peripheral/disk-root/virtio-backend',
        inserted: { 'node-name': machine.disk.node, image: { 'virtual-size': machine.disk.virtualSize } },
      },
    ],
    'query-named-block-nodes': () => [
      {
        'node-name': machine.disk.node,
        drv: 'qcow2',
        image: { filename: machine.disk.file, format: 'qcow2', 'virtual-size': machine.disk.virtualSize },
      },
    ],
    'human-monitor-command': (args) => hmp(String(args['command-line'])),
    stop: (_args, server) => {
      if (running) server.emit('STOP');
      running = false;
      return {};
    },
    cont: (_args, server) => {
      if (!running) server.emit('RESUME');
      running = true;
      return {};
    },
    quit: (_args, server) => {
      setImmediate(() => {
        server.emit('SHUTDOWN', { guest: false, reason: 'host-qmp-quit' });
        server.cut();
      });
      return {};
    },
    device_del: (args) => {
      throw new Refusal(`Device '${String(args['id'])}' not found`, 'DeviceNotFound');
    },
  };
}
