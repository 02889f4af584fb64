/** What changes of a machine rely on: the same cases for the fake that the properties are tried on, and for a real QEMU. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { pluggedBackend, pluggedMemory } from '../../../src/model/chassis.ts';
import { GiB, MiB } from '../../../src/model/units.ts';
import { Qmp } from '../../../src/qemu/qmp.ts';
import { holds } from '../../../src/reconcile/live.ts';
import { look } from '../../../src/reconcile/look.ts';
import { Hardware } from '../../fakes/hardware.ts';
import { Servers } from '../../fakes/hands.ts';
import { machineHandlers } from '../../fakes/qmp-machine.ts';
import { FakeQmp } from '../../fakes/qmp-server.ts';
import { freePorts } from '../../support/network.ts';
import { CHASSIS, DISK_SIZE, MEMORY, startChassis } from './bench.ts';

const UUID = '00000000-0000-0000-0000-000000000000';
const VIRTIOFSD = ['/usr/lib/qemu/virtiofsd', '/usr/libexec/virtiofsd'].find((path) => existsSync(path));

interface Server {
  readonly kill: () => void;
  /** Whether it still runs. */
  readonly lives: () => boolean;
}

interface Bench {
  readonly qmp: Qmp;
  /** Serves an empty directory at a socket. */
  readonly serve: (socket: string) => Promise<Server>;
  readonly end: () => Promise<void>;
}

async function fake(dir: string): Promise<Bench> {
  const disk = { node: 'root', file: join(dir, 'disk.qcow2'), virtualSize: DISK_SIZE };
  const hardware = new Hardware({ cpus: 4, memory: CHASSIS.base, disk });
  const servers = new Servers();
  hardware.sockets = servers;
  const path = join(dir, 'fake.sock');
  const monitor = await FakeQmp.listen(path, {
    handlers: machineHandlers({ ...hardware.spec, uuid: UUID }, hardware),
  });
  const qmp = await Qmp.connect(path);
  return {
    qmp,
    serve: (socket) => {
      const helper = { kind: 'virtiofsd', tag: '', mode: 'rw', binary: '', flavour: 'c' } as const;
      servers.serve({ ...helper, socket, share: { path: dir, identity: '' } });
      const server = servers.list.at(-1)!;
      return Promise.resolve({
        kill: () => servers.end((each) => each === server),
        lives: () => servers.list.includes(server),
      });
    },
    end: async () => {
      qmp.close();
      await monitor.close();
    },
  };
}

async function real(dir: string): Promise<Bench> {
  const disk = join(dir, 'disk.qcow2');
  await execa('qemu-img', ['create', '-q', '-f', 'qcow2', disk, String(DISK_SIZE)]);
  const chassis = await startChassis(dir, 'real', disk, ['-S']);
  const ends: (() => void)[] = [];
  return {
    qmp: chassis.qmp,
    serve: async (socket) => {
      const source = `${socket}.dir`;
      await mkdir(source);
      const command = [VIRTIOFSD ?? '', '-f', '--rlimit-nofile=0', `--socket-path=${socket}`, '-o', `source=${source}`];
      // Its lock file lies below /run, where not everybody may write.
      const script = 'mount -n -t tmpfs tmpfs /run && exec "$@"';
      const child = spawn(
        'unshare',
        ['--user', '--map-root-user', '--mount', '--', 'sh', '-c', script, 'sh', ...command, '-o', 'sandbox=chroot'],
        { stdio: 'ignore' },
      );
      const lives = (): boolean => child.exitCode === null && child.signalCode === null;
      ends.push(() => child.kill('SIGKILL'));
      while (!existsSync(socket)) {
        if (!lives()) throw new Error(`virtiofsd ended with ${String(child.exitCode)}`);
        await sleep(10);
      }
      return { kill: () => child.kill('SIGKILL'), lives };
    },
    end: async () => {
      await chassis.end();
      for (const end of ends) end();
    },
  };
}

describe.each([
  ['the fake', fake],
  ['a real QEMU', real],
])('%s', (_, open) => {
  let dir: string;
  let bench: Bench;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'ai-vm-changes-'));
    bench = await open(dir);
  });
  afterEach(async () => {
    await bench.end();
    await rm(dir, { recursive: true });
  });

  const execute = (command: string, args = {}): Promise<unknown> => bench.qmp.execute(command, args);
  const refused = async (command: string, args: object): Promise<string> => {
    const error = await execute(command, args).then(
      () => new Error(`${command} was not refused`),
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ code: 'qmp.failed' });
    return String((error as { why?: string }).why);
  };
  const seen = async () => (await look(bench.qmp, { uuid: UUID }, [], null, [])).sightings;
  const socketOf = (place: number): string => join(dir, `fs${place}.sock`);
  const chardev = (place: number) => ({
    id: `fs${place}`,
    backend: {
      type: 'socket',
      data: { addr: { type: 'unix', data: { path: socketOf(place) } }, server: false },
    },
  });
  const device = (place: number, more = {}) => ({
    ...{ driver: 'vhost-user-fs-pci', id: `share${place}`, chardev: `fs${place}`, tag: `tag${place}` },
    ...{ bus: `rp${place + 1}`, ...more },
  });
  async function attach(place: number): Promise<Server> {
    const server = await bench.serve(socketOf(place));
    await execute('chardev-add', chardev(place));
    await execute('device_add', device(place));
    return server;
  }
  async function until(what: () => boolean | Promise<boolean>): Promise<void> {
    const end = performance.now() + 10_000;
    while (!(await what())) {
      if (performance.now() > end) throw new Error(`never: ${String(what)}`);
      await sleep(10);
    }
  }

  it('forwards a port once, and says so in no certain words when it does not', async () => {
    const [port = 0] = await freePorts(1);
    const rule = `tcp:127.0.0.1:${port}`;
    expect(await bench.qmp.hmp(`hostfwd_add net0 ${rule}-:80`)).toBe('');
    expect(await bench.qmp.hmp(`hostfwd_add net0 ${rule}-:81`)).toContain('Could not set up host forwarding rule');
    expect((await seen()).forwards).toEqual([{ protocol: 'tcp', bind: '127.0.0.1', host: port, guest: 80 }]);
    expect(await bench.qmp.hmp(`hostfwd_remove net0 ${rule}`)).toContain(`${rule} removed`);
    expect(await bench.qmp.hmp(`hostfwd_remove net0 ${rule}`)).toContain(`${rule} not found`);
    expect((await seen()).forwards).toEqual([]);
  });

  it('asks for memory in whole blocks of what there is room for, and a guest that is not there takes none', async () => {
    const room = pluggedBackend(CHASSIS);
    await execute('object-add', { 'qom-type': 'memory-backend-memfd', id: 'mem1', size: room, reserve: false });
    const memory = { driver: 'virtio-mem-pci', id: 'memory1', memdev: 'mem1', bus: 'rp0', 'requested-size': 0 };
    await execute('device_add', memory);
    const request = (value: number) => ({ path: '/machine/peripheral/memory1', property: 'requested-size', value });
    expect(await refused('qom-set', request(MiB))).toContain('multiple');
    expect(await refused('qom-set', request(room + GiB))).toContain('cannot exceed');
    await execute('qom-set', request(pluggedMemory(MEMORY, CHASSIS)));
    expect(await seen()).toMatchObject({ memory: MEMORY, plug: { base: CHASSIS.base, taken: 0, room } });
  });

  it('grows a disk, and knows the nodes that it has', async () => {
    await execute('block_resize', { 'node-name': 'root', size: 2 * DISK_SIZE });
    expect(await seen()).toMatchObject({ storage: 2 * DISK_SIZE, rootNode: 'root' });
    await refused('block_resize', { 'node-name': 'scratch', size: GiB });
  });

  it('reaches a server once, and no one that is not there', async () => {
    expect(await refused('chardev-add', chardev(0))).toContain('Failed to connect');
    await bench.serve(socketOf(0));
    await execute('chardev-add', chardev(0));
    await refused('chardev-add', chardev(0));
    expect(await seen()).toMatchObject({ shares: [], remains: [0] });
    await refused('device_add', device(1));
  });

  it('has one device of a name, and one behind a chardev; none on the root bus, and any number at a port', async () => {
    await attach(0);
    await bench.serve(socketOf(1));
    await execute('chardev-add', chardev(1));
    await refused('device_add', device(1, { id: 'share0' }));
    await refused('device_add', device(1, { chardev: 'fs0' }));
    const { bus: _, ...rootBus } = device(1);
    expect(await refused('device_add', rootBus)).toContain('does not support hotplugging');
    expect(await seen()).toMatchObject({ shares: [{ place: 0, tag: 'tag0', served: true }], remains: [1] });
    // No guest would see it.
    await execute('device_add', device(1, { bus: 'rp1' }));
    expect((await seen()).shares).toHaveLength(2);
  });

  it('keeps what is behind a device until the guest lets go of it, and tells of both its halves', async () => {
    const server = await attach(0);
    const since = bench.qmp.mark();
    await execute('device_del', { id: 'share0' });
    expect(await refused('device_del', { id: 'share0' })).toContain('already in the process of unplug');
    expect(await refused('chardev-remove', { id: 'fs0' })).toContain('busy');
    expect(await holds(bench.qmp, { is: 'there', what: 'device', id: 'share0' })).toBe(true);
    await execute('system_reset');
    const deleted = bench.qmp.events({ since });
    const order: unknown[] = [];
    for await (const { event, data } of deleted) {
      if (event === 'DEVICE_DELETED') order.push(data);
      if (order.length === 2) break;
    }
    const path = '/machine/peripheral/share0';
    expect(order).toEqual([{ path: `${path}/virtio-backend` }, { device: 'share0', path }]);
    expect(await seen()).toMatchObject({ shares: [], remains: [0] });
    expect(server.lives()).toBe(true);
    await execute('chardev-remove', { id: 'fs0' });
    await until(() => !server.lives());
    await refused('chardev-remove', { id: 'fs0' });
    await refused('device_del', { id: 'share0' });
    await rm(socketOf(0), { force: true });
    await rm(`${socketOf(0)}.dir`, { recursive: true, force: true });
    await attach(0);
    expect(await seen()).toMatchObject({ shares: [{ place: 0, served: true }], remains: [] });
  });

  it('shows a device whose server is gone', async () => {
    const server = await attach(0);
    server.kill();
    await until(async () => (await seen()).shares?.[0]?.served === false);
    expect((await seen()).remains).toEqual([]);
  });
});
