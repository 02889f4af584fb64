/** What a resource adds to a machine's start: data only. The pieces are put together by qemu/argv.ts and guest/credentials.ts. */

/** One resource's share of the boot. Every list may be empty. */
export interface BootPart {
  /** QEMU arguments, in order. */
  readonly argv: readonly string[];
  /** Kernel parameters. */
  readonly params: readonly string[];
  readonly guest: GuestSettings;
  readonly helpers: readonly Helper[];
  /** Descriptors that QEMU inherits, each an opened directory of the host. */
  readonly directories: readonly OpenDirectory[];
}

/**
 * The one description of what the guest should look like, beyond its image. Two ways in: systemd credentials at boot,
 * the guest agent on a running machine.
 */
export interface GuestSettings {
  readonly mounts: readonly GuestMount[];
  readonly users: readonly GuestUser[];
  readonly files: readonly GuestFile[];
}

export interface GuestMount {
  /** Mount tag of the device. */
  readonly tag: string;
  readonly target: string;
  readonly type: 'virtiofs' | '9p';
  readonly options: readonly string[];
}

export interface GuestUser {
  readonly name: string;
  readonly uid: number;
  readonly groups: readonly string[];
  readonly sudo: boolean;
  readonly authorizedKeys: readonly string[];
}

export interface GuestFile {
  readonly path: string;
  /** Four octal digits, such as `0644`. */
  readonly mode: string;
  readonly owner: string;
  readonly group: string;
  /** Text, UTF-8. */
  readonly content: string;
  /** A file of the guest's that it begins with; not there: none. It has to be no symlink. */
  readonly after?: string;
}

/** A directory of the host as it was judged: used only while it is still this very object. */
export interface JudgedDirectory {
  /** Real path, no symlinks. */
  readonly path: string;
  /** `device:inode`, decimal, as `stat -c %d:%i` prints it. */
  readonly identity: string;
}

/** Opened by the start script as descriptor `fd`, compared with its identity, and inherited by QEMU. */
export interface OpenDirectory extends JudgedDirectory {
  readonly fd: number;
}

/** A virtiofsd to start before QEMU. */
export interface Helper {
  readonly kind: 'virtiofsd';
  readonly tag: string;
  readonly share: JudgedDirectory;
  readonly mode: 'ro' | 'rw';
  /** Absolute path of the vhost-user socket. */
  readonly socket: string;
  readonly binary: string;
  readonly flavour: 'c' | 'rust';
}

export const EMPTY_GUEST: GuestSettings = { mounts: [], users: [], files: [] };

export const EMPTY_BOOT: BootPart = { argv: [], params: [], guest: EMPTY_GUEST, helpers: [], directories: [] };
