/** What the QMP client may rely on: the same cases against the fake monitor and against a real QEMU without a guest. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import type { AiVmError } from '../../src/model/errors.ts';
import { MiB } from '../../src/model/units.ts';
import { Qmp } from '../../src/qemu/qmp.ts';
import { parseUsernet } from '../../src/qemu/usernet.ts';
import { machineHandlers } from '../fakes/qmp-machine.ts';
import { FakeQmp } from '../fakes/qmp-server.ts';

const UUID = '9d3f0c1e-5b7a-4f62-8a5d-0c1f2e3d4b5a';
const DISK_SIZE = 64 * MiB;

type Stop = () => Promise<unknown>;

async function fakeMonitor(dir: string, socket: string): Promise<Stop> {
  const disk = { node: 'root', file: join(dir, 'disk.qcow2'), virtualSize: DISK_SIZE };
  const fake = await FakeQmp.listen(socket, {
    handlers: machineHandlers({ uuid: UUID, cpus: 2, memory: 128 * MiB, disk }),
  });
  return () => fake.close();
}

async function realMonitor(dir: string, socket: string): Promise<Stop> {
  const disk = join(dir, 'disk.qcow2');
  await execa('qemu-img', ['create', '-q', '-f', 'qcow2', disk, String(DISK_SIZE)]);
  const qemu = execa(
    'qemu-system-x86_64',
    [
      ...['-nodefaults', '-no-user-config', '-display', 'none', '-S', '-M', 'q35', '-accel', 'tcg'],
      ...['-uuid', UUID, '-smp', '2', '-m', '128M'],
      ...['-netdev', 'user,id=net0', '-device', 'virtio-net-pci,netdev=net0,romfile='],
      ...['-blockdev', `driver=qcow2,node-name=root,file.driver=file,file.filename=${disk}`],
      ...['-device', 'virtio-blk-pci,drive=root', '-device', 'virtio-serial-pci'],
      ...['-chardev', `socket,id=agent,path=${join(dir, 'agent.sock')},server=on,wait=off`],
      ...['-device', 'virtserialport,id=agent0,chardev=agent,name=org.qemu.guest_agent.0'],
      ...['-qmp', `unix:${socket},server=on,wait=off`],
      // Printed when the monitor listens already: what the test waits for instead of sleeping.
      ...['-chardev', 'stdio,id=ready', '-mon', 'chardev=ready,mode=control'],
    ],
    { reject: false, buffer: false, stdin: 'pipe', stderr: 'inherit' },
  );
  await new Promise((resolve) => qemu.stdout.once('data', resolve));
  return async () => {
    qemu.kill('SIGKILL');
    await qemu;
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'none',
    (error: unknown) => (error as AiVmError).code,
  );

describe.each([
  ['the fake', fakeMonitor],
  ['a real QEMU', realMonitor],
])('QMP against %s', (_name, start) => {
  let dir: string;
  let socket: string;
  let stop: Stop;
  let qmp: Qmp;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'ai-vm-qmp-'));
    socket = join(dir, 'qmp.sock');
    stop = await start(dir, socket);
    qmp = await Qmp.connect(socket);
  });

  afterEach(async () => {
    await stop();
    qmp.close();
    await rm(dir, { recursive: true, force: true });
  });

  it('greets with its version', () => {
    expect(qmp.version.major).toBeGreaterThanOrEqual(7);
    expect(qmp.end).toBeNull();
  });

  it('tells status, identity, processors and memory', async () => {
    const [status, uuid, cpus, memory] = await Promise.all([
      qmp.execute('query-status'),
      qmp.execute('query-uuid'),
      qmp.execute('query-cpus-fast'),
      qmp.execute('query-memory-size-summary'),
    ]);
    expect(status).toMatchObject({ status: 'prelaunch', running: false });
    expect(uuid).toEqual({ UUID });
    expect(cpus).toMatchObject([{ 'cpu-index': 0 }, { 'cpu-index': 1 }]);
    expect(memory).toMatchObject({ 'base-memory': 128 * MiB, 'plugged-memory': 0 });
  });

  it('tells the size of a qcow2 disk', async () => {
    expect(await qmp.execute('query-named-block-nodes', { flat: true })).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          'node-name': 'root',
          image: expect.objectContaining({ format: 'qcow2', 'virtual-size': DISK_SIZE }),
        }),
      ]),
    );
  });

  it('tells whether a guest has opened the agent port', async () => {
    expect(await qmp.execute('query-chardev')).toEqual(
      expect.arrayContaining([expect.objectContaining({ label: 'agent', 'frontend-open': false })]),
    );
  });

  it('adds and removes forwarded ports', async () => {
    const [tcp, udp] = [await freePort(), await freePort()];
    expect(parseUsernet(await qmp.hmp('info usernet'))).toEqual([]);

    expect(await qmp.hmp(`hostfwd_add net0 tcp:127.0.0.1:${tcp}-:22`)).toBe('');
    expect(await qmp.hmp(`hostfwd_add net0 udp:127.0.0.1:${udp}-:53`)).toBe('');
    expect(await qmp.hmp(`hostfwd_add net0 tcp:127.0.0.1:${tcp}-:22`)).toContain('Could not set up host forwarding');
    const both = parseUsernet(await qmp.hmp('info usernet'));
    expect(both).toHaveLength(2);
    expect(both).toContainEqual({ protocol: 'tcp', bind: '127.0.0.1', host: tcp, guest: 22 });
    expect(both).toContainEqual({ protocol: 'udp', bind: '127.0.0.1', host: udp, guest: 53 });

    expect(await qmp.hmp(`hostfwd_remove net0 tcp:127.0.0.1:${tcp}`)).toContain('removed');
    expect(await qmp.hmp(`hostfwd_remove net0 tcp:127.0.0.1:${tcp}`)).toContain('not found');
    expect(parseUsernet(await qmp.hmp('info usernet'))).toHaveLength(1);
  });

  it('tells when the machine starts to run and stops, also to who asks late', async () => {
    const before = qmp.mark();
    await qmp.execute('cont');
    await qmp.waitEvent(({ event }) => event === 'RESUME', { since: before, timeout: 5000 });
    await qmp.execute('stop');
    await qmp.waitEvent(({ event }) => event === 'STOP', { timeout: 5000 });
    expect((await qmp.waitEvent(() => true)).event).toBe('RESUME');
  });

  it('refuses what it does not know, in its own words, and goes on', async () => {
    await expect(qmp.execute('make-coffee')).rejects.toMatchObject({
      code: 'qmp.failed',
      message: 'QEMU refused make-coffee',
      why: expect.stringContaining('CommandNotFound'),
    });
    await expect(qmp.execute('device_del', { id: 'nothing' })).rejects.toMatchObject({
      code: 'qmp.failed',
      why: expect.stringContaining("'nothing' not found"),
    });
    expect(await qmp.execute('query-uuid')).toEqual({ UUID });
  });

  it('lets a second client wait until the first has gone', async () => {
    await expect(Qmp.connect(socket, { timeout: 300 })).rejects.toMatchObject({
      code: 'qmp.timeout',
      why: expect.stringContaining('one client at a time'),
    });
    const second = Qmp.connect(socket);
    qmp.close();
    (await second).close();
  });

  it('closes the connection when it quits', async () => {
    const gone = qmp.waitEvent(() => false);
    await qmp.execute('quit');
    expect(await codeOf(gone)).toBe('qmp.closed');
    expect((await qmp.waitEvent(({ event }) => event === 'SHUTDOWN')).data).toMatchObject({ reason: 'host-qmp-quit' });
    expect(await codeOf(qmp.execute('query-status'))).toBe('qmp.closed');
    expect(qmp.end?.code).toBe('qmp.closed');
  });
});

it('says that nothing runs where nobody listens', async () => {
  await expect(Qmp.connect(join(tmpdir(), 'ai-vm-no-such.sock'))).rejects.toMatchObject({
    code: 'qmp.closed',
    why: expect.stringContaining('does not run'),
  });
});
