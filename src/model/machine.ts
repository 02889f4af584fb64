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
  readonly provider: import('./desired.ts').ProviderName;
  /** The machine that this one was forked from. */
  readonly parent?: string;
  /** UUID of the machine that its placeholders of secrets are from, where it is a copy of one; not there: its own. */
  readonly seed?: string;
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
  /** Packages among those of `config` that the guest has installed since: the image is without them. Sorted. */
  readonly installed?: readonly string[];
  /** Host port that SSH really got. */
  readonly sshPort: number;
  /** Not there in older records: then it is that of its configuration. */
  readonly chassis?: import('./chassis.ts').Chassis;
  /** Kernel's id of the boot in which the machine was first changed while it ran; a later boot of the guest has another. */
  readonly bootId?: string;
  /** Changes of the running machine that were begun and have not come to their end. */
  readonly begun?: readonly Begun[];
  /** Field → why it could not be changed while the machine runs, the last time that it was tried. */
  readonly refused?: Readonly<Record<string, string>>;
  /** The user asked for the stop, so that nothing restarts it. */
  readonly stopped: boolean;
  /** SHA-256 (hex) of each provision command that has run with success. */
  readonly provisioned: readonly string[];
  /** False from a warm start on until the guest has been told who it is: up to then it is nobody's. Not there: a boot. */
  readonly settled?: boolean;
  /** False from then on until its memory, vCPUs and disk have their declared size. */
  readonly grown?: boolean;
  /** It was stopped in the middle to be copied, without its shares; whoever did that has to let it go on. */
  readonly frozen?: boolean;
}

/** A change that may be half made: made again, it is whole, whatever the file says by then. */
export interface Begun {
  readonly resource: string;
  readonly field: string;
  readonly key?: string;
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
  /** What its gateway stands in the place of hosts with. Mode 0600. */
  readonly authorities: string;
  /** What the serial console said up to the last start or collection; the rest is in `serialWindow`. See host/logs.ts. */
  readonly serialLog: string;
  /** What QEMU and its helpers said, likewise. */
  readonly qemuLog: string;
  readonly provisionLog: string;
  readonly startScript: string;
  /** Starts a QEMU that waits for a template's memory; there only while that is done. */
  readonly warmScript: string;
  /** Directory of the systemd credentials handed over by fw_cfg. Mode 0700. */
  readonly credentials: string;
  readonly audioWav: string;
  /** Directory of the memory of a machine that was suspended; there only as long as it is. */
  readonly suspended: string;
  /** Directory with one directory for each snapshot. */
  readonly snapshots: string;
  /** Runtime directory: sockets and pid files. Mode 0700, gone after a reboot of the host. */
  readonly run: string;
  readonly pidFile: string;
  /** QMP monitors take one client each: the mutator, events, and two readers. */
  readonly qmp: { readonly control: string; readonly events: string; readonly read: readonly [string, string] };
  readonly agent: string;
  readonly serial: string;
  readonly sshControl: string;
  /** There when its SSH server has been seen to greet, until somebody goes by that. */
  readonly greeted: string;
  /** Socket of the screen. */
  readonly vnc: string;
  /** Where QEMU leaves a picture of the screen, for us to take. */
  readonly screenshot: string;
  /** Where QEMU writes the serial console now: a file that the kernel keeps from growing. Read it through host/logs.ts. */
  readonly serialWindow: string;
  /** The same for what QEMU and its helpers print. */
  readonly qemuWindow: string;
  /** `PID STARTTIME` of each helper, one a line. */
  readonly helpers: string;
  /** Socket for QEMU's migration stream; there only while it flows. */
  readonly migration: string;
  /** An empty directory that nobody may write to, for places of 9p shares that are not used. */
  readonly none: string;
  /** Those of its project. */
  readonly recipes: RecipePlaces;
}

/** Absolute paths of one project. */
export interface ProjectPaths {
  readonly state: string;
  readonly runtime: string;
  readonly lock: string;
  readonly projectFile: string;
  /** Held by the watch of the project, for as long as it lives. */
  readonly watchLock: string;
  /** Which process that is; there only while one runs, or when it was killed. */
  readonly watchFile: string;
  /** What a watch in the background has said. */
  readonly watchLog: string;
  /** What machines are that no file of the project's declares: a configuration that was made from flags. */
  readonly adHoc: string;
  /** Disks that several machines or snapshots stand on: never written again. */
  readonly layers: string;
  readonly images: string;
  readonly approvals: string;
  readonly cache: string;
  /** What remote flakes were fixed to. */
  readonly flakes: string;
  readonly recipes: RecipePlaces;
}

/** Directories of what `exec` leaves for the next one, by the directories that it is run from: see host/paths.ts. */
export interface RecipePlaces {
  /** Of all projects. Mode 0700. */
  readonly all: string;
  /** Below it, of those who are in this project. */
  readonly own: string;
}

/** A running process, named so that a reused pid is not mistaken for it. */
export interface ProcessId {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks since boot. */
  readonly startTime: string;
}
