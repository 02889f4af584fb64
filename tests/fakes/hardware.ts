/** What of a QEMU can be changed while it runs, with what it refuses: as 7.2 does, which the contract suite holds it to. */
import type { PortConfig } from '../../src/model/desired.ts';
import type { Monitor, MonitorHandler } from './qmp-server.ts';
import { Refusal } from './qmp-server.ts';

type Args = Record<string, unknown>;

const BLOCK = 2 * 1024 ** 2;

export interface HardwareSpec {
  readonly cpus: number;
  /** Bytes of memory at its start. */
  readonly memory: number;
  readonly disk: { readonly node: string; readonly file: string; readonly virtualSize: number };
}

export interface Device {
  readonly driver: string;
  readonly chardev?: string;
  readonly tag?: string;
  readonly bus?: string;
  readonly memdev?: string;
  /** Memory that the guest was asked to take, and has taken. */
  requested: number;
  size: number;
  /** Behind another one at its port, where QEMU puts it without a word and no guest looks. */
  readonly hidden: boolean;
  /** The guest was asked to let go of it. */
  pending: boolean;
}

/** Whoever runs inside; without one nothing is ever let go of, and no memory taken. */
export interface Inside {
  /** Whether a device is in use: QEMU does not survive that it goes. */
  readonly uses: (id: string) => boolean;
  /** Whether it lets go of a device that it is asked for. */
  readonly letsGo: (id: string) => boolean;
}

/** Sockets of the host that a chardev may connect to. */
export interface Sockets {
  /** False: nobody listens. */
  readonly connect: (path: string, chardev: string) => boolean;
  readonly hangUp: (chardev: string) => void;
  /** Whether the other end is still there. */
  readonly connected: (chardev: string) => boolean;
}

const NOBODY: Sockets = { connect: () => false, hangUp: () => undefined, connected: () => false };

export class Hardware {
  readonly forwards: PortConfig[] = [];
  /** Label → path of its socket. */
  readonly chardevs = new Map<string, string>();
  readonly devices = new Map<string, Device>();
  readonly objects = new Map<string, number>();
  readonly spec: HardwareSpec;
  diskSize: number;
  inside: Inside | null = null;
  sockets: Sockets = NOBODY;

  constructor(spec: HardwareSpec) {
    this.spec = spec;
    this.diskSize = spec.disk.virtualSize;
  }

  hmp(line: string): string {
    const [verb, ...words] = line.split(' ');
    const [protocol = '', bind = '', host = '', guest = ''] = (words.at(-1) ?? '').split(/:|-:/);
    const at = this.forwards.findIndex((f) => f.protocol === protocol && f.bind === bind && String(f.host) === host);
    switch (verb) {
      case 'info': {
        const rows = this.forwards.map(
          (f) =>
            `  ${f.protocol.toUpperCase()}[HOST_FORWARD]  12 ${f.bind.padStart(15)} ${String(f.host).padStart(5)}       10.0.2.15 ${String(f.guest).padStart(5)}     0     0\r\n`,
        );
        return `Hub -1 (net0):\r\n  Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ\r\n${rows.join('')}`;
      }
      case 'hostfwd_add':
        if (at !== -1) return `Could not set up host forwarding rule '${words.at(-1) ?? ''}'\r\n`;
        this.forwards.push({
          protocol: protocol === 'udp' ? 'udp' : 'tcp',
          bind,
          host: Number(host),
          guest: Number(guest),
        });
        return '';
      case 'hostfwd_remove': {
        const rule = `${protocol}:${bind}:${host}`;
        if (at === -1) return `host forwarding rule for ${rule} not found\r\n`;
        this.forwards.splice(at, 1);
        return `host forwarding rule for ${rule} removed\r\n`;
      }
      default:
        return `unknown command: '${verb ?? ''}'\r\n`;
    }
  }

  addChardev(label: string, path: string): void {
    if (this.chardevs.has(label)) throw new Refusal(`Chardev with id '${label}' already exists`);
    if (!this.sockets.connect(path, label))
      throw new Refusal(`Failed to connect to '${path}': No such file or directory`);
    this.chardevs.set(label, path);
  }

  removeChardev(label: string): void {
    if (!this.chardevs.has(label)) throw new Refusal(`Chardev '${label}' not found`);
    if ([...this.devices.values()].some(({ chardev }) => chardev === label)) {
      throw new Refusal(`Chardev '${label}' is busy`);
    }
    this.chardevs.delete(label);
    this.sockets.hangUp(label);
  }

  /** @param started on the command line: there the root bus takes devices as well */
  addDevice(args: Args, started = false): void {
    const text = (name: string): string | undefined => {
      const value = args[name];
      return typeof value === 'string' ? value : undefined;
    };
    const [id = '', driver = '', bus, chardev, tag, memdev] = ['id', 'driver', 'bus', 'chardev', 'tag', 'memdev'].map(
      text,
    );
    if (this.devices.has(id)) throw new Refusal(`Duplicate device ID '${id}'`);
    if (bus === undefined && !started) throw new Refusal("Bus 'pcie.0' does not support hotplugging");
    const devices = [...this.devices.values()];
    if (chardev !== undefined) {
      if (!this.chardevs.has(chardev)) throw new Refusal(`Property '${driver}.chardev' can't find value '${chardev}'`);
      if (devices.some((other) => other.chardev === chardev)) {
        throw new Refusal(`Property '${driver}.chardev' can't take value '${chardev}', it's in use`);
      }
      if (!this.sockets.connected(chardev)) throw new Refusal('vhost_backend_init failed: Protocol error');
    }
    if (memdev !== undefined && !this.objects.has(memdev)) throw new Refusal(`Device '${memdev}' not found`);
    const device: Device = {
      driver,
      ...(bus === undefined ? {} : { bus }),
      ...(chardev === undefined ? {} : { chardev }),
      ...(tag === undefined ? {} : { tag }),
      ...(memdev === undefined ? {} : { memdev }),
      hidden: bus !== undefined && devices.some((other) => other.bus === bus),
      ...{ requested: 0, size: 0, pending: false },
    };
    this.devices.set(id, device);
    if (memdev !== undefined) this.request(device, Number(args['requested-size'] ?? 0));
  }

  request(device: Device, bytes: number): void {
    if (bytes % BLOCK !== 0) throw new Refusal("'requested-size' has to be a multiple of 'block-size'(0x200000)");
    const room = this.objects.get(device.memdev ?? '') ?? 0;
    if (bytes > room)
      throw new Refusal(`'requested-size' cannot exceed the memory backend size(0x${room.toString(16)})`);
    device.requested = bytes;
    if (this.inside) device.size = bytes;
  }

  /** It goes as soon as the guest lets go of it; both events come in this order. */
  deleteDevice(id: string, monitor: Monitor): void {
    const device = this.devices.get(id);
    if (!device) throw new Refusal(`Device '${id}' not found`, 'DeviceNotFound');
    if (device.bus === undefined) throw new Refusal("Bus 'pcie.0' does not support hotplugging");
    if (device.pending) throw new Refusal(`Device ${id} is already in the process of unplug`);
    if (this.inside?.uses(id)) throw new Error(`QEMU has corrupted its heap: ${id} went while it was in use`);
    device.pending = true;
    if (this.inside?.letsGo(id)) this.drop(id, monitor);
  }

  /** What the guest was asked for goes when it is reset. */
  reset(monitor: Monitor): void {
    for (const [id, { pending }] of [...this.devices]) if (pending) this.drop(id, monitor);
  }

  drop(id: string, monitor: Monitor): void {
    this.devices.delete(id);
    const path = `/machine/peripheral/${id}`;
    queueMicrotask(() => {
      monitor.emit('DEVICE_DELETED', { path: `${path}/virtio-backend` });
      monitor.emit('DEVICE_DELETED', { device: id, path });
    });
  }

  resize(node: string, size: number): void {
    if (node !== this.spec.disk.node) throw new Refusal(`Cannot find device='' nor node-name='${node}'`);
    this.diskSize = size;
  }
}

const property = (hardware: Hardware, args: Args): [Device, string] => {
  const path = String(args['path']);
  const device = hardware.devices.get(path.replace('/machine/peripheral/', ''));
  if (!device) throw new Refusal(`Device '${path}' not found`, 'DeviceNotFound');
  return [device, String(args['property'])];
};

/** What a monitor is told to do with it, and asked of it. */
export function hardwareHandlers(hardware: Hardware): Record<string, MonitorHandler> {
  const { spec } = hardware;
  const named = (map: ReadonlyMap<string, unknown>, type: (id: string) => string) =>
    [...map.keys()].map((name) => ({ name, type: `child<${type(name)}>` }));
  const image = () => ({ filename: spec.disk.file, format: 'qcow2', 'virtual-size': hardware.diskSize });
  const socket = (label: string, path: string): string =>
    `${hardware.sockets.connected(label) ? '' : 'disconnected:'}unix:${path}`;
  return {
    'query-cpus-fast': () =>
      Array.from({ length: spec.cpus }, (_, n) => ({ 'cpu-index': n, 'thread-id': 1000 + n, target: 'x86_64' })),
    'query-memory-size-summary': () => ({ 'base-memory': spec.memory, 'plugged-memory': 0 }),
    'query-memory-devices': () =>
      [...hardware.devices].flatMap(([id, { memdev, requested, size }]) => {
        if (memdev === undefined) return [];
        const data = { id, memdev: `/objects/${memdev}`, 'requested-size': requested, size };
        return [
          { type: 'virtio-mem', data: { ...data, 'max-size': hardware.objects.get(memdev), 'block-size': BLOCK } },
        ];
      }),
    'qom-list': ({ path }) =>
      path === '/objects'
        ? named(hardware.objects, () => 'memory-backend-memfd')
        : named(hardware.devices, (id) => hardware.devices.get(id)?.driver ?? ''),
    'qom-get': (args) => {
      const [device, name] = property(hardware, args);
      const values: Args = { tag: device.tag, 'requested-size': device.requested, size: device.size };
      if (values[name] === undefined) throw new Refusal(`Property '${device.driver}.${name}' not found`);
      return values[name];
    },
    'qom-set': (args) => {
      const [device, name] = property(hardware, args);
      if (name !== 'requested-size') throw new Refusal(`Property '${device.driver}.${name}' not found`);
      hardware.request(device, Number(args['value']));
      return {};
    },
    'query-chardev': () => [
      {
        label: 'agent',
        filename: `${hardware.inside ? '' : 'disconnected:'}unix:agent.sock,server=on`,
        'frontend-open': hardware.inside !== null,
      },
      ...[...hardware.chardevs].map(([label, path]) => ({
        label,
        filename: socket(label, path),
        'frontend-open': true,
      })),
    ],
    'query-block': () => [
      {
        qdev: '/machine/peripheral/disk-root/virtio-backend',
        inserted: { 'node-name': spec.disk.node, image: image() },
      },
    ],
    'query-named-block-nodes': () => [{ 'node-name': spec.disk.node, drv: 'qcow2', image: image() }],
    'human-monitor-command': (args) => hardware.hmp(String(args['command-line'])),
    'chardev-add': (args) => {
      const { data } = args['backend'] as { data: { addr: { data: { path: string } } } };
      hardware.addChardev(String(args['id']), data.addr.data.path);
      return {};
    },
    'chardev-remove': (args) => {
      hardware.removeChardev(String(args['id']));
      return {};
    },
    'object-add': (args) => {
      const id = String(args['id']);
      if (hardware.objects.has(id))
        throw new Refusal(`attempt to add duplicate property '${id}' to object (type 'container')`);
      hardware.objects.set(id, Number(args['size']));
      return {};
    },
    device_add: (args) => {
      hardware.addDevice(args);
      return {};
    },
    device_del: (args, monitor) => {
      hardware.deleteDevice(String(args['id']), monitor);
      return {};
    },
    system_reset: (_args, monitor) => {
      hardware.reset(monitor);
      return {};
    },
    block_resize: (args) => {
      hardware.resize(String(args['node-name']), Number(args['size']));
      return {};
    },
  };
}
