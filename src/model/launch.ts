/** Everything that a machine's start script holds: data only, rendered by qemu/script.ts. All paths are absolute. */
import type { Helper, OpenDirectory } from './boot.ts';
import type { RunAs } from './capabilities.ts';
import type { GatewayLaunch } from './gateway.ts';

export interface LaunchSpec {
  readonly vm: string;
  /** QEMU's `-uuid`: how a QEMU that runs already is recognised. */
  readonly uuid: string;
  /** What the machine is, for whoever opens the script: label and text, such as `RAM`, `8 GiB`. */
  readonly documentation: readonly (readonly [label: string, text: string])[];
  /** The project's lock, taken unless the caller says that it holds it. */
  readonly lock: string;
  /** Runtime directories that are ours, the outermost first; the last one is the machine's own and is made anew. */
  readonly runDirs: readonly string[];
  readonly pidFile: string;
  /** Socket of the QMP monitor whose appearance means that QEMU is up. */
  readonly qmpControl: string;
  readonly serialLog: string;
  readonly serialWindow: string;
  readonly qemuLog: string;
  readonly qemuWindow: string;
  /** File for `PID STARTTIME` of each helper. */
  readonly helperPids: string;
  readonly disk: string;
  /** The disk of a machine that forgets: made anew at every start, with this size in bytes or as a copy of another. */
  readonly scratch: { readonly path: string; readonly size: number; readonly from?: string } | null;
  /** File that QEMU creates when it plays into a WAV. */
  readonly audioWav: string | null;
  /** Files and directories handed to `runAs` when the machine is started by root: the disk, the credentials. */
  readonly grant: readonly string[];
  readonly runAs: RunAs;
  readonly helpers: readonly Helper[];
  /** QEMU connects to them when it is told to, not when it starts: they begin beside it. */
  readonly attachedLater?: boolean;
  /** At most six: a POSIX shell has descriptors 0 to 9, 9 holds the lock. */
  readonly directories: readonly OpenDirectory[];
  /** A file that QEMU inherits open for reading and writing. */
  readonly inherited?: { readonly path: string; readonly fd: number };
  /** An empty directory to make, for places of 9p shares that are not used. */
  readonly none: string | null;
  /** Not there: the machine has QEMU's user-mode network. */
  readonly gateway?: GatewayLaunch;
  readonly qemu: string;
  /** QEMU's arguments, without the program. */
  readonly argv: readonly string[];
}
