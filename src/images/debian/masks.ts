/**
 * What is masked in the guest: units, generators and rules for hardware that QEMU does not have, or that do again what the initrd
 * did. Under emulation every process that starts costs a tenth of a second and more.
 */

/** Units that nothing in such a guest needs. */
const UNITS: readonly string[] = [
  // File systems that few look at; all can be mounted by hand. /tmp is on the disk: memory is for programs.
  ...['dev-hugepages.mount', 'dev-mqueue.mount', 'run-lock.mount', 'tmp.mount', 'proc-sys-fs-binfmt_misc.automount'],
  ...['sys-kernel-debug.mount', 'sys-kernel-tracing.mount', 'sys-kernel-config.mount', 'sys-fs-fuse-connections.mount'],
  // Done by the initrd, by the kernel when a device is opened, or by guest-settings.service.
  ...['kmod-static-nodes.service', 'modprobe@.service', 'systemd-modules-load.service', 'systemd-remount-fs.service'],
  ...['systemd-tmpfiles-setup-dev-early.service', 'systemd-tmpfiles-setup-dev.service', 'systemd-sysusers.service'],
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
  ...['systemd-creds.socket', 'systemd-hostnamed.socket'],
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
  ...['fstrim.timer', 'alsa-restore.service', 'alsa-state.service'],
];

const GENERATORS: readonly string[] = [
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

const RULES: readonly string[] = [
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

const TMPFILES: readonly string[] = [
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

/** Path in the guest → `/dev/null`. */
export const MASKS: readonly (readonly [string, string])[] = [
  ...toNull('/etc/systemd/system', UNITS),
  // Started when somebody asks for it.
  ...toNull('/etc/systemd/system/multi-user.target.wants', ['dbus.service']),
  ...toNull('/etc/systemd/system-generators', GENERATORS),
  ...toNull('/etc/udev/rules.d', RULES),
  ...toNull('/etc/tmpfiles.d', TMPFILES),
];
