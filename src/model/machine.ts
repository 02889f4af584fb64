/** What belongs to one machine on this host, beside its disk. */

/** identity.json: made once, kept for the life of the disk. Nothing in here changes when the file does. */
export interface Identity {
  readonly formatVersion: 1;
  /** Also QEMU's `-uuid`: a QEMU is adopted only if `query-uuid` says this. */
  readonly uuid: string;
  /** 32 hex digits. */
  readonly machineId: string;
  /** `52:54:00:…` */
  readonly mac: string;
  /** Image provider, chosen once when the file names none. */
  readonly provider: 'debian';
  /** OpenSSH public key of the user's key pair, one line. The private half is the file `id_ed25519`. */
  readonly publicKey: string;
  /** OpenSSH public host key, pinned in known_hosts. */
  readonly hostKey: string;
  readonly createdAt: string;
}

/** applied.json: what the last start was given. Losing it never causes a recreate. */
export interface Applied {
  readonly formatVersion: 1;
  readonly config: import('./desired.ts').VmConfig;
  /** Digest of the image that the disk was made from. */
  readonly image: string;
  /** Host port that SSH really got. */
  readonly sshPort: number;
  /** The user asked for the stop, so that nothing restarts it. */
  readonly stopped: boolean;
  /** SHA-256 (hex) of each provision command that has run with success. */
  readonly provisioned: readonly string[];
}

/** Absolute paths of everything that belongs to one machine. Made by host/paths.ts, the one place that knows names. */
export interface MachinePaths {
  /** Directory of the disk, keys and logs. Mode 0700. */
  readonly dir: string;
  readonly disk: string;
  /** Scratch disk of an `overlay: true` machine, made anew at every start. */
  readonly scratch: string;
  readonly identity: string;
  readonly applied: string;
  readonly privateKey: string;
  readonly hostKey: string;
  readonly knownHosts: string;
  /** What the serial console said up to the last start or collection; the rest is in `serialWindow`. See host/logs.ts. */
  readonly serialLog: string;
  /** What QEMU and its helpers said, likewise. */
  readonly qemuLog: string;
  readonly provisionLog: string;
  readonly startScript: string;
  /** Directory of the systemd credentials handed over by fw_cfg. Mode 0700. */
  readonly credentials: string;
  readonly audioWav: string;
  /** Runtime directory: sockets and pid files. Mode 0700, gone after a reboot of the host. */
  readonly run: string;
  readonly pidFile: string;
  /** QMP monitors take one client each: the mutator, events, and two readers. */
  readonly qmp: { readonly control: string; readonly events: string; readonly read: readonly [string, string] };
  readonly agent: string;
  readonly serial: string;
  readonly sshControl: string;
  /** Where QEMU writes the serial console now: a file that the kernel keeps from growing. Read it through host/logs.ts. */
  readonly serialWindow: string;
  /** The same for what QEMU and its helpers print. */
  readonly qemuWindow: string;
  /** `PID STARTTIME` of each helper, one a line. */
  readonly helpers: string;
}

/** Absolute paths of one project. */
export interface ProjectPaths {
  readonly state: string;
  readonly runtime: string;
  readonly lock: string;
  readonly projectFile: string;
  readonly images: string;
  readonly approvals: string;
  readonly cache: string;
}

/** A running process, named so that a reused pid is not mistaken for it. */
export interface ProcessId {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks since boot. */
  readonly startTime: string;
}
