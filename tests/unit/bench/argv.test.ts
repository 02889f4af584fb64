import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

interface Lib {
  placesOf(argv: readonly string[]): { run: string; state: string; disk: string; name: string };
  socketOf(argv: readonly string[], id: string): string;
  moved(argv: readonly string[], to: { run: string; state: string; sshPort: number }): string[];
}

const { moved, placesOf, socketOf } = (await import(join(import.meta.dirname, '../../../bench/lib/argv.mjs'))) as Lib;

const ARGV = [
  ...['qemu-system-x86_64', '-name', 'guest=dev', '-uuid', 'ab12', '-m', '768M'],
  ...['-pidfile', '/run/ai-vm/12345678/dev/qemu.pid'],
  ...['-chardev', 'socket,id=qmp-events,path=/run/ai-vm/12345678/dev/a,,b.sock,server=on,wait=off'],
  ...['-blockdev', '{"driver":"qcow2","file":{"driver":"file","filename":"/var/lib/ai-vms/p/dev/disk.4711.qcow2"}}'],
  ...['-netdev', 'user,id=net0,hostfwd=tcp:127.0.0.1:2200-:22,hostfwd=tcp:127.0.0.1:8022-:2222'],
  ...['-fw_cfg', 'name=opt/x,file=/var/lib/ai-vms/p/dev/credentials/x'],
  ...['-kernel', '/var/lib/ai-vms/images/ab/vmlinux'],
];

describe('placesOf', () => {
  it('tells where sockets and disk are', () => {
    expect(placesOf(ARGV)).toEqual({
      run: '/run/ai-vm/12345678/dev',
      state: '/var/lib/ai-vms/p/dev',
      disk: '/var/lib/ai-vms/p/dev/disk.4711.qcow2',
      name: 'disk.4711.qcow2',
    });
  });

  it('refuses what it does not understand', () => {
    expect(() => placesOf(['qemu'])).toThrow('there is no disk');
  });
});

describe('socketOf', () => {
  it('undoes the double comma', () => {
    expect(socketOf(ARGV, 'qmp-events')).toBe('/run/ai-vm/12345678/dev/a,b.sock');
    expect(() => socketOf(ARGV, 'agent')).toThrow('there is no socket agent');
  });
});

describe('moved', () => {
  const to = { run: '/b/run', state: '/b/state', sshPort: 3333 };

  it('changes directories and the SSH port, and nothing else', () => {
    const there = moved(ARGV, to);
    const changed = there.flatMap((word, at) => (word === ARGV[at] ? [] : [word]));
    expect(there).toHaveLength(ARGV.length);
    expect(changed).toEqual([
      '/b/run/qemu.pid',
      'socket,id=qmp-events,path=/b/run/a,,b.sock,server=on,wait=off',
      '{"driver":"qcow2","file":{"driver":"file","filename":"/b/state/disk.4711.qcow2"}}',
      'user,id=net0,hostfwd=tcp:127.0.0.1:3333-:22,hostfwd=tcp:127.0.0.1:8022-:2222',
      'name=opt/x,file=/b/state/credentials/x',
    ]);
  });

  it('leaves out how the start script hears of the start', () => {
    const pipe = ['-chardev', 'pipe,id=start,path=/run/ai-vm/12345678/dev/start', '-mon', 'chardev=start,mode=control'];
    const monitor = ['-mon', 'chardev=qmp-events,mode=control'];
    expect(moved([...ARGV, ...pipe, ...monitor], to)).toEqual([...moved(ARGV, to), ...monitor]);
  });

  it('refuses a machine without SSH: its boot could not be seen', () => {
    expect(() => moved([...ARGV.slice(0, -6), ...ARGV.slice(-4)], to)).toThrow('not one forward to SSH');
  });
});
