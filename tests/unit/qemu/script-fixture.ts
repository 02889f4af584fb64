/** A machine with everything that a start script can hold. */
import type { LaunchSpec } from '../../../src/model/launch.ts';

export const SPEC: LaunchSpec = {
  vm: 'dev',
  uuid: '11111111-2222-4333-8444-555555555555',
  documentation: [
    ['RAM', '8 GiB'],
    ['CPUs', '4'],
    ['storage', '50 GiB'],
    ['share', "/home/ann/it's here → /mnt/host-rw/it's here (rw)"],
    ['login', 'ssh -p 2222 dev@127.0.0.1'],
  ],
  lock: '/home/ann/.local/share/ai-vms/projects/app-0a1b2c3d/lock',
  runDirs: ['/run/user/1000/ai-vm', '/run/user/1000/ai-vm/0a1b2c3d', '/run/user/1000/ai-vm/0a1b2c3d/dev'],
  pidFile: '/run/user/1000/ai-vm/0a1b2c3d/dev/qemu.pid',
  qmpControl: '/run/user/1000/ai-vm/0a1b2c3d/dev/qmp-control.sock',
  serialLog: '/home/ann/.local/share/ai-vms/projects/app-0a1b2c3d/dev/serial.log',
  serialWindow: '/run/user/1000/ai-vm/0a1b2c3d/dev/serial.log',
  qemuLog: '/home/ann/.local/share/ai-vms/projects/app-0a1b2c3d/dev/qemu.log',
  qemuWindow: '/run/user/1000/ai-vm/0a1b2c3d/dev/qemu.log',
  helperPids: '/run/user/1000/ai-vm/0a1b2c3d/dev/helpers',
  disk: '/home/ann/.local/share/ai-vms/projects/app-0a1b2c3d/dev/disk.qcow2',
  scratch: { path: '/home/ann/.local/share/ai-vms/projects/app-0a1b2c3d/dev/scratch.img', size: 53_687_091_200 },
  audioWav: '/home/ann/.local/share/ai-vms/projects/app-0a1b2c3d/dev/audio.wav',
  grant: ['/home/ann/.local/share/ai-vms/projects/app-0a1b2c3d/dev/disk.qcow2'],
  runAs: { uid: 1000, gid: 1000, groups: [], drop: false, subUid: 100_000, subGid: 100_000 },
  helpers: [
    {
      kind: 'virtiofsd',
      tag: 'rw01234567-it-s-here',
      share: { path: "/home/ann/it's here", identity: '65024:4711' },
      mode: 'rw',
      socket: '/run/user/1000/ai-vm/0a1b2c3d/dev/fs0.sock',
      binary: '/usr/lib/qemu/virtiofsd',
      flavour: 'c',
    },
  ],
  directories: [{ path: '/srv/$(reboot)', identity: '65024:4712', fd: 4 }],
  none: '/run/user/1000/ai-vm/0a1b2c3d/dev/none',
  qemu: '/usr/bin/qemu-system-x86_64',
  argv: ['-uuid', '11111111-2222-4333-8444-555555555555', '-append', 'console=ttyS0 root=/dev/vda rw'],
};
