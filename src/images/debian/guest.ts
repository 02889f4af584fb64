/**
 * The files and links that make a Debian tree our guest. Stock parts, configured: what waits for hardware that QEMU does not have, or
 * does again what the initrd did, is masked, for under emulation every process that starts costs a tenth of a second and more.
 */

export interface GuestTextFile {
  readonly content: string;
  /** Permission bits; 0644 when not given. */
  readonly mode?: number;
}

/** Units that nothing in such a guest needs. */
const MASKED_UNITS: readonly string[] = [
  // File systems that few look at; all can be mounted by hand.
  ...['dev-hugepages.mount', 'dev-mqueue.mount', 'run-lock.mount', 'tmp.mount', 'proc-sys-fs-binfmt_misc.automount'],
  ...['sys-kernel-debug.mount', 'sys-kernel-tracing.mount', 'sys-kernel-config.mount', 'sys-fs-fuse-connections.mount'],
  // Done by the initrd, or by the kernel when a device is opened.
  ...['kmod-static-nodes.service', 'modprobe@.service', 'systemd-modules-load.service', 'systemd-remount-fs.service'],
  ...['systemd-tmpfiles-setup-dev-early.service', 'systemd-tmpfiles-setup-dev.service'],
  // Of a first boot, which the image has behind it.
  ...[
    'systemd-firstboot.service',
    'systemd-machine-id-commit.service',
    'systemd-update-done.service',
    'ldconfig.service',
  ],
  ...['systemd-hwdb-update.service', 'systemd-journal-catalog-update.service', 'sshd-keygen.service'],
  // Of hardware and accounting that are not here.
  ...[
    'systemd-pcrmachine.service',
    'systemd-pcrphase.service',
    'systemd-pcrphase-sysinit.service',
    'systemd-pcrextend.socket',
  ],
  ...[
    'systemd-pcrlock.socket',
    'systemd-tpm2-setup.service',
    'systemd-tpm2-setup-early.service',
    'systemd-pstore.service',
  ],
  ...[
    'systemd-hibernate-clear.service',
    'systemd-random-seed.service',
    'systemd-update-utmp.service',
    'systemd-binfmt.service',
  ],
  ...[
    'systemd-rfkill.socket',
    'systemd-udev-load-credentials.service',
    'systemd-journal-flush.service',
    'systemd-sysext.socket',
  ],
  ...['systemd-networkd-persistent-storage.service', 'systemd-network-generator.service', 'systemd-initctl.socket'],
  ...['systemd-ask-password-console.path', 'systemd-ask-password-wall.path', 'systemd-user-sessions.service'],
  // Nobody logs in on a console: there are no passwords.
  ...['getty.target', 'getty@.service', 'serial-getty@.service', 'console-getty.service', 'systemd-logind.service'],
  // Housekeeping for machines that are always on.
  ...[
    'apt-daily.timer',
    'apt-daily-upgrade.timer',
    'dpkg-db-backup.timer',
    'e2scrub_all.timer',
    'e2scrub_reap.service',
  ],
  ...['fstrim.timer', 'systemd-tmpfiles-clean.timer', 'alsa-restore.service', 'alsa-state.service'],
];

const MASKED_GENERATORS: readonly string[] = [
  ...[
    'systemd-bless-boot',
    'systemd-cryptsetup',
    'systemd-getty',
    'systemd-gpt-auto',
    'systemd-hibernate-resume',
    'systemd-integritysetup',
  ],
  ...[
    'systemd-rc-local',
    'systemd-run',
    'systemd-ssh',
    'systemd-system-update',
    'systemd-sysv',
    'systemd-tpm2',
    'systemd-veritysetup',
  ],
].map((name) => `${name}-generator`);

const MASKED_RULES: readonly string[] = [
  ...[
    '60-autosuspend',
    '60-cdrom_id',
    '60-dmi-id',
    '60-drm',
    '60-evdev',
    '60-fido-id',
    '60-infiniband',
    '60-input-id',
    '60-persistent-input',
  ],
  ...[
    '60-persistent-storage-mtd',
    '60-persistent-storage-tape',
    '60-persistent-v4l',
    '60-sensor',
    '60-serial',
    '64-btrfs',
    '70-camera',
  ],
  ...[
    '70-joystick',
    '70-memory',
    '70-mouse',
    '70-power-switch',
    '70-touchpad',
    '70-uaccess',
    '71-seat',
    '73-seat-late',
    '73-special-net-names',
  ],
  ...['75-net-description', '75-probe_mtd', '80-net-setup-link', '81-net-dhcp', '90-alsa-restore', '90-iocost'],
].map((name) => `${name}.rules`);

const MASKED_TMPFILES: readonly string[] = [
  ...[
    '20-systemd-shell-extra',
    '20-systemd-ssh-generator',
    '20-systemd-stub',
    'credstore',
    'debian',
    'home',
    'journal-nocow',
    'legacy',
  ],
  ...['openssh-client', 'passwd', 'systemd-network', 'systemd-nologin', 'systemd-pstore', 'systemd-resolve', 'x11'],
].map((name) => `${name}.conf`);

const toNull = (dir: string, names: readonly string[]): [string, string][] =>
  names.map((name) => [`${dir}/${name}`, '/dev/null']);

/** Path in the guest → what the symbolic link points to. */
export const LINKS: Readonly<Record<string, string>> = Object.fromEntries([
  ...toNull('/etc/systemd/system', MASKED_UNITS),
  ...toNull('/etc/systemd/system-generators', MASKED_GENERATORS),
  ...toNull('/etc/udev/rules.d', MASKED_RULES),
  ...toNull('/etc/tmpfiles.d', MASKED_TMPFILES),
  ['/etc/systemd/system/default.target', '/usr/lib/systemd/system/multi-user.target'],
  ['/etc/systemd/system/multi-user.target.wants/ssh.service', '/etc/systemd/system/ssh.service'],
  [
    '/etc/systemd/system/multi-user.target.wants/qemu-guest-agent.service',
    '/etc/systemd/system/qemu-guest-agent.service',
  ],
  [
    '/etc/systemd/system/multi-user.target.wants/systemd-growfs-root.service',
    '/usr/lib/systemd/system/systemd-growfs-root.service',
  ],
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
  '/etc/systemd/system/qemu-guest-agent.service': unit([
    '[Unit]',
    'Description=QEMU guest agent',
    'DefaultDependencies=no',
    'Conflicts=shutdown.target',
    'Before=shutdown.target',
    '# Whoever gets an answer finds users, files and shares in place.',
    'After=systemd-sysusers.service systemd-tmpfiles-setup.service local-fs.target',
    '',
    '[Service]',
    'ExecStart=/usr/sbin/qemu-ga --method=virtio-serial --path=/dev/virtio-ports/org.qemu.guest_agent.0',
    'Restart=always',
    'RestartSec=100ms',
    'OOMScoreAdjust=-900',
    'KillMode=process',
  ]),
  '/etc/systemd/system/ssh.service': unit([
    '[Unit]',
    'Description=OpenBSD Secure Shell server',
    'DefaultDependencies=no',
    'Conflicts=shutdown.target',
    'Before=shutdown.target',
    'After=systemd-sysusers.service systemd-tmpfiles-setup.service local-fs.target',
    '',
    '[Service]',
    'Type=notify',
    'ExecStart=/usr/sbin/sshd -D',
    'ExecReload=/bin/kill -HUP $MAINPID',
    'KillMode=process',
    'Restart=always',
    'RestartSec=1s',
    'RuntimeDirectory=sshd',
    'RuntimeDirectoryMode=0755',
    'OOMScoreAdjust=-900',
  ]),
  '/etc/systemd/system/systemd-udev-trigger.service.d/ai-vm.conf': unit([
    '[Service]',
    'ExecStart=',
    '# Only what rules do something about here; the rest of some 600 events costs ten seconds of emulation.',
    'ExecStart=-udevadm trigger --type=devices --action=add --subsystem-match=block --subsystem-match=net --subsystem-match=virtio --subsystem-match=pci --subsystem-match=sound --subsystem-match=misc',
  ]),
  '/etc/systemd/system/systemd-growfs-root.service.d/ai-vm.conf': unit([
    '[Unit]',
    'ConditionKernelCommandLine=!ai_vm.overlay',
    'After=ssh.service qemu-guest-agent.service',
  ]),
  '/etc/ssh/sshd_config.d/00-ai-vm.conf': unit([
    'HostKey /etc/ssh/ssh_host_ed25519_key',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    'UseDNS no',
    'PrintMotd no',
    'PrintLastLog no',
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
  'random.trust_cpu=on',
];
