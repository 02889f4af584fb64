import { describe, expect, it } from '@jest/globals';
import type { JudgedDirectory } from '../../../src/model/boot.ts';
import type { VmConfig } from '../../../src/model/desired.ts';
import type { BootContext } from '../../../src/model/resource.ts';
import { GiB } from '../../../src/model/units.ts';
import { guestSettings, machineArguments } from '../../../src/qemu/argv.ts';
import { RESOURCES } from '../../../src/resources/index.ts';
import { NIXOS, bootContext, bundle, capabilities, runAs, vmConfig } from '../../fixtures/machines.ts';

function boot(vm: VmConfig, over: Partial<BootContext> = {}) {
  const context = bootContext({ vm, ...over });
  const parts = RESOURCES.map((resource) => resource.boot(resource.desired(vm), context));
  const credentials = new Map([['opt/io.systemd.credentials/fstab.extra', '/c/fstab,extra']]);
  return { ...machineArguments(context, parts, credentials), guest: guestSettings(parts) };
}

/** One option a line: an argument that does not begin with `-` belongs to the one before. */
const golden = (argv: readonly string[]): string => argv.join('\n').replaceAll(/\n(?!-)/g, ' ');

const judged = new Map<string, JudgedDirectory>([
  ['/home/ann/work', { path: '/home/ann/work', identity: '1:2' }],
  ['/home/ann/ref, old', { path: '/srv/ref, old', identity: '1:3' }],
]);

const shares: VmConfig['shares'] = [
  { path: '/home/ann/work', target: '/mnt/host-rw/work', mode: 'rw', driver: 'auto', allowSensitive: false },
  { path: '/home/ann/ref, old', target: '/mnt/host-ro/ref, old', mode: 'ro', driver: 'auto', allowSensitive: false },
];

describe('the QEMU command line', () => {
  it('of a machine whose image has a store on a disk of its own', () => {
    const store = { file: 'store.erofs', format: 'erofs' } as const;
    const own = { ...bundle, manifest: { ...bundle.manifest, store } };
    const disks = (vm: VmConfig): string[] =>
      boot(vm, { bundle: own }).argv.filter((word) => word.startsWith('virtio-blk-pci'));
    const last = 'virtio-blk-pci,id=disk-store,drive=store,serial=ai-vm-store';
    expect(disks(vmConfig())).toEqual(['virtio-blk-pci,id=disk-root,drive=root', last]);
    expect(disks(vmConfig({ overlay: true }))).toEqual([
      ...['virtio-blk-pci,id=disk-root,drive=root', 'virtio-blk-pci,id=disk-scratch,drive=scratch', last],
    ]);
    const node = boot(vmConfig(), { bundle: own }).argv.find((word) => word.includes('store.erofs')) ?? '';
    expect(JSON.parse(node)).toMatchObject({
      driver: 'raw',
      'read-only': true,
      file: { filename: '/images/abc/store.erofs' },
    });
  });

  it('with a file of hosts, but for NixOS, which has one that cannot be written', () => {
    const paths = (vm: VmConfig): string[] => boot(vm).guest.files.map(({ path }) => path);
    expect(paths(vmConfig())).toContain('/etc/hosts');
    expect(paths(vmConfig({ image: NIXOS }))).not.toContain('/etc/hosts');
  });

  it('of the smallest machine', () => {
    expect(golden(boot(vmConfig()).argv)).toMatchSnapshot();
  });

  it('of a machine with everything, shares through virtiofs', () => {
    const vm = vmConfig({
      shares,
      cpus: 4,
      memory: 8 * GiB,
      audio: { driver: 'pa', path: null },
      ports: [
        { bind: '127.0.0.1', host: 8080, guest: 80, protocol: 'tcp' },
        { bind: '0.0.0.0', host: 5353, guest: 53, protocol: 'udp' },
      ],
      users: ['dev', 'ann'],
      env: { EDITOR: 'vim' },
    });
    const machine = boot(vm, { judged, sshPort: 2230 });
    expect(golden(machine.argv)).toMatchSnapshot();
    expect(machine.helpers).toMatchSnapshot();
    expect(machine.guest).toMatchSnapshot();
  });

  it('of shares through 9p: the opened directory is served, and read-only is the host’s doing', () => {
    const machine = boot(vmConfig({ shares }), {
      judged,
      host: capabilities({ virtiofsd: { usable: false, reason: 'none here' } }),
    });
    expect(machine.argv.filter((a) => a.startsWith('local,'))).toEqual([
      'local,id=slot0,path=/proc/self/fd/3,security_model=none,multidevs=remap',
      'local,id=slot1,path=/proc/self/fd/4,security_model=none,multidevs=remap,readonly=on',
    ]);
    expect(machine.directories).toEqual([
      { path: '/home/ann/work', identity: '1:2', fd: 3 },
      { path: '/srv/ref, old', identity: '1:3', fd: 4 },
    ]);
    expect(machine.helpers).toEqual([]);
  });

  it('counts the shares of each driver by themselves: a descriptor is spent on 9p alone', () => {
    const many = Array.from({ length: 9 }, (_, n) => ({ ...shares[0]!, path: `/srv/${n}`, target: `/mnt/${n}` }));
    const vm = vmConfig({ shares: [...many, { ...shares[1]!, driver: '9p' as const }] });
    const all = new Map([...judged, ...many.map(({ path }) => [path, { path, identity: '1:1' }] as const)]);
    const machine = boot(vm, { judged: all });
    expect(machine.directories.map(({ fd }) => fd)).toEqual([3]);
    expect(machine.helpers).toHaveLength(9);
  });

  it('gives the first user another number where the guest needs that of the host’s user for itself', () => {
    const low = { ...runAs, uid: 998, gid: 998 };
    expect(boot(vmConfig(), { runAs: low }).guest.users.map((user) => user.uid)).toEqual([1000]);
    expect(boot(vmConfig(), { runAs: { ...low, uid: 65_534 } }).guest.users.map((user) => user.uid)).toEqual([1000]);
    expect(boot(vmConfig({ shares }), { judged, runAs: low }).helpers).toHaveLength(2);
    const host = capabilities({ virtiofsd: { usable: false, reason: 'none here' } });
    expect(() => boot(vmConfig({ shares }), { judged, host, runAs: low })).toThrow('cannot use 9p for user 998');
  });

  it('of an overlay machine: the image itself, read-only, under a scratch disk', () => {
    const disks = boot(vmConfig({ overlay: true })).argv.filter((a) => a.startsWith('{'));
    expect(disks.map((d) => JSON.parse(d) as unknown)).toMatchObject([
      { driver: 'qcow2', 'read-only': true, file: { filename: '/images/abc/root.qcow2' } },
      { driver: 'raw', file: { filename: '/state/projects/p-0123abcd/dev/scratch.raw' } },
    ]);
  });

  it('of an image that cannot plug in memory: it has all of it at boot', () => {
    const features = bundle.manifest.features.filter((feature) => feature !== 'virtio-mem');
    const old = { ...bundle, manifest: { ...bundle.manifest, features } };
    const { argv } = boot(vmConfig(), { bundle: old });
    expect(argv[argv.indexOf('-m') + 1]).toBe('2048M');
    expect(argv).toContain('memory-backend-memfd,id=ram0,size=2048M,share=on');
    expect(argv.join(' ')).not.toMatch(/virtio-mem|maxmem|memhp/);
  });

  it('of a machine that starts from a template: its bare chassis, and where virtiofsd will listen', () => {
    const ports = [{ bind: '127.0.0.1', host: 8080, guest: 80, protocol: 'tcp' as const }];
    const vm = vmConfig({ shares, ports, cpus: 3, memory: 6 * GiB });
    const warm = boot(vm, { judged, start: 'warm' });
    const bare = boot(vmConfig({ cpus: 3, memory: 6 * GiB }), { start: 'warm' });
    expect(warm.argv).toEqual(bare.argv);
    expect(warm.argv.join(' ')).not.toMatch(/mem1|8080|fs0/);
    const cold = boot(vm, { judged });
    expect(warm.helpers).toEqual(cold.helpers);
    expect(warm.guest).toEqual(cold.guest);
    for (const option of ['-smp', '-m']) {
      expect(warm.argv[warm.argv.indexOf(option) + 1]).toBe(cold.argv[cold.argv.indexOf(option) + 1]);
    }
  });

  it('puts each share on a root port of its own, and those that find none on the root bus', () => {
    const many = Array.from({ length: 12 }, (_, n) => ({ ...shares[0]!, path: `/s/${n}`, target: `/mnt/${n}` }));
    const all = new Map(many.map(({ path }, n) => [path, { path, identity: `1:${n}` }]));
    const devices = boot(vmConfig({ shares: many }), { judged: all }).argv.filter((a) => a.startsWith('vhost-user-fs'));
    const buses = devices.map((device) => /,bus=(\w+)/.exec(device)?.[1]);
    expect(buses).toEqual([...Array.from({ length: 10 }, (_, n) => `rp${n + 1}`), undefined, undefined]);
  });

  it('says its memory in the words of KVM when KVM is proved', () => {
    const kvm = capabilities({ accelerator: { accelerator: 'kvm', reason: null } });
    const argv = boot(vmConfig({ nested: false }), { host: kvm }).argv;
    expect(argv[argv.indexOf('-accel') + 1]).toBe('kvm');
    expect(argv[argv.indexOf('-cpu') + 1]).toBe('host,vmx=off,svm=off');
  });
});
