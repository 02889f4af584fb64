/** The files and links that make a Debian tree our guest: stock parts, configured. */
import { MASKS } from './masks.ts';
import { UNITS } from './units.ts';

export interface GuestTextFile {
  readonly content: string;
  /** Permission bits; 0644 when not given. */
  readonly mode?: number;
}

const wanted = (unit: string, dir: string): [string, string] => [
  `/etc/systemd/system/multi-user.target.wants/${unit}`,
  `${dir}/${unit}`,
];

/** Path in the guest → what the symbolic link points to. */
export const LINKS: Readonly<Record<string, string>> = Object.fromEntries([
  ...MASKS,
  ['/etc/systemd/system/default.target', '/usr/lib/systemd/system/multi-user.target'],
  wanted('guest-settings.service', '/etc/systemd/system'),
  wanted('qemu-guest-agent.service', '/etc/systemd/system'),
  wanted('ssh.service', '/etc/systemd/system'),
  wanted('systemd-growfs-root.service', '/usr/lib/systemd/system'),
  ['/etc/localtime', '/usr/share/zoneinfo/Etc/UTC'],
]);

/** What is removed from the tree: keys and numbers that each machine has of its own, and leftovers of the installation. */
export const REMOVED: readonly string[] = [
  '/etc/ssh/ssh_host_*',
  '/etc/hostname',
  '/etc/resolv.conf',
  '/etc/fstab',
  '/var/lib/systemd/random-seed',
  '/var/lib/dbus/machine-id',
  '/var/cache/apt/*.bin',
  '/var/log/*.log',
  '/var/log/apt',
  '/boot/initrd.img*',
  '/initrd.img*',
  '/vmlinuz*',
  '/tmp/*',
];

const unit = (lines: readonly string[]): GuestTextFile => ({ content: `${lines.join('\n')}\n` });

/** Path in the guest → file. */
export const FILES: Readonly<Record<string, GuestTextFile>> = {
  // Empty, not missing: systemd takes the number from its credential and does not believe in a first boot.
  '/etc/machine-id': { content: '', mode: 0o444 },
  '/etc/resolv.conf': { content: 'nameserver 10.0.2.3\n' },
  '/etc/fstab': { content: '# The root is mounted by the initrd; shares come as the credential fstab.extra.\n' },
  '/etc/nsswitch.conf': unit([
    'passwd: files',
    'group: files',
    'shadow: files',
    'hosts: files myhostname dns',
    'networks: files',
    'protocols: files',
    'services: files',
    'ethers: files',
    'rpc: files',
  ]),
  '/etc/systemd/system.conf.d/ai-vm.conf': unit([
    '[Manager]',
    // Controllers that are switched on patch the running kernel, which QEMU before 8.1 emulates with a race.
    'DefaultCPUAccounting=no',
    'DefaultIOAccounting=no',
    'DefaultMemoryAccounting=no',
    'DefaultTasksAccounting=no',
    'DefaultTimeoutStopSec=15s',
  ]),
  '/etc/systemd/journald.conf.d/ai-vm.conf': unit(['[Journal]', 'Storage=volatile', 'RuntimeMaxUse=32M', 'Audit=no']),
  ...Object.fromEntries(Object.entries(UNITS).map(([path, content]) => [path, { content }])),
  '/etc/ssh/sshd_config.d/00-ai-vm.conf': unit([
    'HostKey /etc/ssh/ssh_host_ed25519_key',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    'UseDNS no',
    'PrintMotd no',
    'PrintLastLog no',
    '# Everybody comes from the address of the gateway: a penalty for one would be for all.',
    'PerSourcePenalties no',
    'X11Forwarding no',
  ]),
  '/etc/pam.d/sshd': unit([
    '# Keys only: PAM neither authenticates nor delays, it sets up the session.',
    'auth required pam_deny.so',
    'account required pam_permit.so',
    'session required pam_limits.so',
    'session required pam_env.so envfile=/etc/default/locale',
    'session required pam_env.so',
  ]),
  '/etc/default/locale': { content: 'LANG=C.UTF-8\n' },
};

/** Kernel parameters that this image needs in any machine. */
export const PARAMS: readonly string[] = [
  'net.ifnames=0',
  // Without BPF's: systemd would load and verify a program for a sandbox that no unit here uses.
  'lsm=landlock,lockdown,yama,integrity',
  'audit=0',
  // QEMU 7.2's emulation breaks one boot in some hundreds, while the kernel patches itself: it tries again at once, in the place of standing
  // still until somebody's patience is over.
  'panic=1',
  'random.trust_cpu=on',
  // Not for systemd but for its environment: compiling filters takes it three seconds when emulated.
  'SYSTEMD_SECCOMP=0',
  // Self-tests of algorithms, a jitter measurement, and certificates for signatures that our modules do not carry. The
  // keyring that those would be in must be there: without it the kernel panics when it reboots.
  'cryptomgr.notests=1',
  'initcall_blacklist=jent_mod_init,load_system_certificate_list',
];
