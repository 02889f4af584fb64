/** A machine's files as `up` leaves them, and in the place of its QEMU a fake one, or a real one without a guest. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { machinePaths, projectPaths, type HostEnv } from '../../../src/host/paths.ts';
import type { VmConfig } from '../../../src/model/desired.ts';
import type { MachinePaths } from '../../../src/model/machine.ts';
import { MiB } from '../../../src/model/units.ts';
import { machineHandlers } from '../../fakes/qmp-machine.ts';
import { FakeQmp, type Handler } from '../../fakes/qmp-server.ts';
import { applied, identity, onHostNetwork, vmConfig } from '../../fixtures/machines.ts';

/** Its QEMU has no card, and so no gateway. */
export const VM = onHostNetwork(vmConfig({ cpus: 2, memory: 128 * MiB, storage: 64 * MiB }));
export const IDENTITY = identity({ uuid: '3b1c5e7a-0f2d-4b6c-9a8e-112233445566' });

/** What runs in the machine's place; `end` leaves nothing of it. */
export interface Qemu {
  readonly pid: number;
  readonly end: () => Promise<void>;
}
export type Start = (paths: MachinePaths) => Promise<Qemu>;

export class Bench {
  readonly root: string;
  readonly paths: MachinePaths;

  private constructor(root: string) {
    this.root = root;
    const run = join(root, 'run');
    const env: HostEnv = { uid: 0, dataHome: root, cacheHome: root, runtimeHome: run, images: root, realm: '' };
    this.paths = machinePaths(projectPaths({ name: 'p', dir: '/p', location: 'user' }, env), 'dev');
  }

  /** A stopped machine: identity, disk, and a record that it should run as `VM` says. */
  static async open(): Promise<Bench> {
    const bench = new Bench(await mkdtemp(join(tmpdir(), 'ai-vm-obs-')));
    const { paths } = bench;
    await Promise.all([mkdir(paths.dir, { recursive: true }), mkdir(paths.run, { recursive: true })]);
    await execa('qemu-img', ['create', '-q', '-f', 'qcow2', paths.disk, String(VM.storage)]);
    await writeFile(paths.identity, JSON.stringify(IDENTITY));
    await bench.record(VM);
    return bench;
  }

  async record(config: VmConfig, stopped = false): Promise<void> {
    await writeFile(this.paths.applied, JSON.stringify(applied(config, { stopped })));
  }

  close(): Promise<void> {
    return rm(this.root, { recursive: true, force: true });
  }
}

/** A process with these arguments behind its name, that ends with us. */
export async function standIn(argv: readonly string[]): Promise<ChildProcess> {
  const child = spawn('sh', ['-c', 'echo up; read -r end', 'sh', ...argv], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

/** May be called again. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

export interface FakeOptions {
  /** In the process's arguments, and what the monitor says. */
  readonly uuid?: string;
  readonly said?: string;
  readonly handlers?: Readonly<Record<string, Handler>>;
}

/** A process with the machine's arguments, and monitors that answer as QEMU's do. */
export const fakeQemu =
  ({ uuid = IDENTITY.uuid, said = uuid, handlers = {} }: FakeOptions = {}): Start =>
  async (paths) => {
    const child = await standIn(['-uuid', uuid]);
    const disk = { node: 'root', file: paths.disk, virtualSize: VM.storage };
    const all = { ...machineHandlers({ uuid: said, cpus: VM.cpus, memory: VM.memory, disk }), ...handlers };
    const monitors = await Promise.all(paths.qmp.read.map((path) => FakeQmp.listen(path, { handlers: all })));
    await writeFile(paths.pidFile, `${child.pid}\n`);
    return {
      pid: child.pid ?? 0,
      end: async () => {
        await Promise.all([kill(child), ...monitors.map((monitor) => monitor.close())]);
      },
    };
  };

/** QEMU as the start script starts it, as far as anybody looks, with its CPUs held: no guest runs. */
export const realQemu: Start = async (paths) => {
  const monitors = [...paths.qmp.read, paths.qmp.control];
  const child = spawn(
    'qemu-system-x86_64',
    [
      ...['-nodefaults', '-no-user-config', '-display', 'none', '-S', '-M', 'q35', '-accel', 'tcg'],
      ...['-uuid', IDENTITY.uuid, '-smp', String(VM.cpus), '-m', '128M', '-pidfile', paths.pidFile],
      ...['-blockdev', `driver=qcow2,node-name=root,file.driver=file,file.filename=${paths.disk}`],
      ...['-device', 'virtio-blk-pci,id=disk-root,drive=root', '-device', 'virtio-serial-pci'],
      ...['-netdev', 'user,id=net0', '-device', 'virtio-net-pci,netdev=net0,romfile='],
      ...['-chardev', `socket,id=agent,path=${paths.agent},server=on,wait=off`],
      ...['-device', 'virtserialport,id=agent0,chardev=agent,name=org.qemu.guest_agent.0'],
      ...monitors.flatMap((path) => ['-qmp', `unix:${path},server=on,wait=off`]),
      // Printed when all of that is there: what the test waits for instead of sleeping.
      ...['-chardev', 'stdio,id=ready', '-mon', 'chardev=ready,mode=control'],
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  await once(child.stdout, 'data');
  return {
    pid: child.pid ?? 0,
    end: () => kill(child),
  };
};
