/** QEMUs with the chassis of a machine and no guest but their firmware. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { memoryChassis, ROOT_PORTS } from '../../../src/model/chassis.ts';
import { MiB } from '../../../src/model/units.ts';
import { Qmp } from '../../../src/qemu/qmp.ts';

/** Declared; the base is what QEMU has at its start. */
export const MEMORY = 320 * MiB;
export const CHASSIS = memoryChassis(MEMORY);
export const DISK_SIZE = 64 * MiB;

export interface Chassis {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly qmp: Qmp;
  readonly end: () => Promise<void>;
}

/** @param more `-S`: its firmware does not run; `-incoming defer`: it waits for a state */
export async function startChassis(dir: string, name: string, disk: string, more: readonly string[]): Promise<Chassis> {
  const socket = join(dir, `${name}.sock`);
  const [base, max] = [CHASSIS.base / MiB, CHASSIS.max / MiB];
  const child = spawn(
    'qemu-system-x86_64',
    [
      ...['-nodefaults', '-no-user-config', '-display', 'none', '-accel', 'tcg', '-smp', '4', ...more],
      ...['-machine', 'q35,memory-backend=ram0', '-m', `${base}M,maxmem=${max}M`],
      ...['-object', `memory-backend-memfd,id=ram0,size=${base}M,share=on`],
      ...ROOT_PORTS.flatMap((id, n) => ['-device', `pcie-root-port,id=${id},chassis=${n + 1},slot=${n + 1}`]),
      ...['-blockdev', `driver=qcow2,node-name=root,file.driver=file,file.filename=${disk}`],
      ...['-device', 'virtio-blk-pci,id=disk-root,drive=root', '-device', 'virtio-serial-pci'],
      ...['-netdev', 'user,id=net0,ipv6=off', '-device', 'virtio-net-pci,id=nic0,netdev=net0,romfile='],
      ...['-qmp', `unix:${socket},server=on,wait=off`],
      // Printed when the monitor listens already: what the test waits for instead of sleeping.
      ...['-chardev', 'stdio,id=ready', '-mon', 'chardev=ready,mode=control'],
    ],
    { stdio: ['pipe', 'pipe', 'ignore'] },
  );
  await once(child.stdout, 'data');
  const qmp = await Qmp.connect(socket);
  return {
    ...{ child, pid: child.pid ?? 0, qmp },
    end: async () => {
      qmp.close();
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}
