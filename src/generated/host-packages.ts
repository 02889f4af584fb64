// Generated from scripts/host-packages.tsv by scripts/generate.mjs: do not edit.

export type PackageManager = 'apt' | 'dnf' | 'pacman' | 'zypper' | 'apk' | 'brew';

export interface HostPackage {
  /** Commands on PATH or absolute paths; one of them is enough. */
  readonly probes: readonly string[];
  /** need: nothing starts without it; want: something is worse without it; test: only the tests use it. */
  readonly level: 'need' | 'want' | 'test';
  /** What its lack costs. */
  readonly cost: string;
  /** Package by manager; null: that system has none, or needs none. */
  readonly packages: Readonly<Record<PackageManager, string | null>>;
}

export const HOST_PACKAGES: readonly HostPackage[] = [
  {
    probes: ['qemu-system-x86_64'],
    level: 'need',
    cost: 'no machine can be started',
    packages: {
      apt: 'qemu-system-x86',
      dnf: 'qemu-system-x86-core',
      pacman: 'qemu-system-x86',
      zypper: 'qemu-x86',
      apk: 'qemu-system-x86_64',
      brew: 'qemu',
    },
  },
  {
    probes: ['qemu-img'],
    level: 'need',
    cost: 'no disk can be made or grown',
    packages: {
      apt: 'qemu-utils',
      dnf: 'qemu-img',
      pacman: 'qemu-img',
      zypper: 'qemu-img',
      apk: 'qemu-img',
      brew: 'qemu',
    },
  },
  {
    probes: ['ssh'],
    level: 'need',
    cost: 'no `ssh`, `exec`, `claude`',
    packages: {
      apt: 'openssh-client',
      dnf: 'openssh-clients',
      pacman: 'openssh',
      zypper: 'openssh-clients',
      apk: 'openssh-client',
      brew: 'openssh',
    },
  },
  {
    probes: ['ssh-keygen'],
    level: 'need',
    cost: 'no key pair for a machine',
    packages: {
      apt: 'openssh-client',
      dnf: 'openssh-clients',
      pacman: 'openssh',
      zypper: 'openssh-clients',
      apk: 'openssh-keygen',
      brew: 'openssh',
    },
  },
  {
    probes: ['mmdebstrap'],
    level: 'need',
    cost: 'no Debian image can be built',
    packages: {
      apt: 'mmdebstrap',
      dnf: 'mmdebstrap',
      pacman: 'mmdebstrap',
      zypper: null,
      apk: 'mmdebstrap',
      brew: null,
    },
  },
  {
    probes: ['/usr/share/keyrings/debian-archive-keyring.gpg', '/usr/share/keyrings/debian-archive-keyring.pgp'],
    level: 'need',
    cost: "Debian's packages cannot be verified",
    packages: {
      apt: 'debian-archive-keyring',
      dnf: 'debian-keyring',
      pacman: 'debian-archive-keyring',
      zypper: null,
      apk: 'debian-archive-keyring',
      brew: null,
    },
  },
  {
    probes: ['mke2fs'],
    level: 'need',
    cost: 'no image disk can be made',
    packages: {
      apt: 'e2fsprogs',
      dnf: 'e2fsprogs',
      pacman: 'e2fsprogs',
      zypper: 'e2fsprogs',
      apk: 'e2fsprogs',
      brew: 'e2fsprogs',
    },
  },
  {
    probes: ['busybox'],
    level: 'need',
    cost: 'no initrd can be made',
    packages: {
      apt: 'busybox-static',
      dnf: 'busybox',
      pacman: 'busybox',
      zypper: 'busybox-static',
      apk: 'busybox-static',
      brew: null,
    },
  },
  {
    probes: ['cpio'],
    level: 'need',
    cost: 'no initrd can be made',
    packages: { apt: 'cpio', dnf: 'cpio', pacman: 'cpio', zypper: 'cpio', apk: 'cpio', brew: 'cpio' },
  },
  {
    probes: ['zstd'],
    level: 'need',
    cost: 'no initrd can be made',
    packages: { apt: 'zstd', dnf: 'zstd', pacman: 'zstd', zypper: 'zstd', apk: 'zstd', brew: 'zstd' },
  },
  {
    probes: ['depmod'],
    level: 'need',
    cost: 'no initrd can be made',
    packages: { apt: 'kmod', dnf: 'kmod', pacman: 'kmod', zypper: 'kmod', apk: 'kmod', brew: null },
  },
  {
    probes: ['xz'],
    level: 'need',
    cost: 'kernel modules of the guest cannot be unpacked',
    packages: { apt: 'xz-utils', dnf: 'xz', pacman: 'xz', zypper: 'xz', apk: 'xz', brew: 'xz' },
  },
  {
    probes: ['flock'],
    level: 'need',
    cost: 'two commands could work on one project at once',
    packages: {
      apt: 'util-linux',
      dnf: 'util-linux',
      pacman: 'util-linux',
      zypper: 'util-linux',
      apk: 'flock',
      brew: null,
    },
  },
  {
    probes: ['setpriv'],
    level: 'need',
    cost: 'a machine started by root could not drop its privileges',
    packages: {
      apt: 'util-linux',
      dnf: 'util-linux',
      pacman: 'util-linux',
      zypper: 'util-linux',
      apk: 'setpriv',
      brew: null,
    },
  },
  {
    probes: ['newuidmap'],
    level: 'want',
    cost: 'an ordinary user can neither build images nor use virtiofs (shares fall back to 9p)',
    packages: {
      apt: 'uidmap',
      dnf: 'shadow-utils',
      pacman: 'shadow',
      zypper: 'shadow',
      apk: 'shadow-uidmap',
      brew: null,
    },
  },
  {
    probes: ['/usr/lib/qemu/virtiofsd', '/usr/libexec/virtiofsd', '/usr/lib/virtiofsd', 'virtiofsd'],
    level: 'want',
    cost: 'shares use 9p, which is slower and cannot be added live',
    packages: {
      apt: 'qemu-system-common',
      dnf: 'virtiofsd',
      pacman: 'virtiofsd',
      zypper: 'virtiofsd',
      apk: 'virtiofsd',
      brew: null,
    },
  },
  {
    probes: ['nix'],
    level: 'test',
    cost: 'building NixOS images is not tested',
    packages: { apt: 'nix-bin', dnf: 'nix', pacman: 'nix', zypper: 'nix', apk: 'nix', brew: null },
  },
  {
    probes: ['shellcheck'],
    level: 'test',
    cost: 'start scripts are not checked',
    packages: {
      apt: 'shellcheck',
      dnf: 'ShellCheck',
      pacman: 'shellcheck',
      zypper: 'ShellCheck',
      apk: 'shellcheck',
      brew: 'shellcheck',
    },
  },
  {
    probes: ['openssl'],
    level: 'test',
    cost: 'remote flakes are not tested',
    packages: { apt: 'openssl', dnf: 'openssl', pacman: 'openssl', zypper: 'openssl', apk: 'openssl', brew: 'openssl' },
  },
  {
    probes: ['zsh'],
    level: 'test',
    cost: 'completion in zsh is not tested',
    packages: { apt: 'zsh', dnf: 'zsh', pacman: 'zsh', zypper: 'zsh', apk: 'zsh', brew: 'zsh' },
  },
  {
    probes: ['fish'],
    level: 'test',
    cost: 'completion in fish is not tested',
    packages: { apt: 'fish', dnf: 'fish', pacman: 'fish', zypper: 'fish', apk: 'fish', brew: 'fish' },
  },
  {
    probes: ['curl'],
    level: 'test',
    cost: 'the documentation is not tested',
    packages: { apt: 'curl', dnf: 'curl', pacman: 'curl', zypper: 'curl', apk: 'curl', brew: 'curl' },
  },
];
