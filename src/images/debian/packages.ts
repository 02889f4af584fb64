/** What every Debian guest has, besides what Debian calls essential. */
export const PACKAGES: readonly string[] = [
  ...[
    'linux-image-amd64',
    'systemd-sysv',
    'udev',
    'dbus',
    'kmod',
    'e2fsprogs',
    'netbase',
    'libnss-myhostname',
    'tzdata',
  ],
  ...['qemu-guest-agent', 'openssh-server', 'sudo', 'ca-certificates', 'alsa-utils'],
  ...['iproute2', 'iputils-ping', 'procps', 'less', 'nano', 'vim-tiny', 'bash-completion', 'xz-utils', 'unzip'],
  // What a coding agent reaches for first.
  ...['git', 'curl', 'ripgrep'],
];

/** dpkg's options while the image is made; they stay in the guest, so that its own installs are as small. */
export const DPKG_EXCLUDES: readonly string[] = [
  ...['doc', 'man', 'info', 'lintian', 'linda'].map((dir) => `path-exclude=/usr/share/${dir}/*`),
  'path-exclude=/usr/share/locale/*',
  'path-include=/usr/share/locale/locale.alias',
  'path-exclude=/usr/share/sounds/*',
  'path-include=/usr/share/sounds/alsa/*',
  // The guest's disk is a file of the host, whose page cache outlives the guest: syncing every unpacked file gains nothing.
  'force-unsafe-io',
];
