/** What is true now, read from QMP, /proc and the disk: never from a state file alone. */
import type { PortConfig } from './desired.ts';
import type { Applied, Identity, ProcessId } from './machine.ts';
import type { SeenGateway } from './network.ts';
import type { MachineState } from './plan.ts';

/** Replies already read; `null` where it could not be read (the machine is down, or did not answer in time). */
export interface SeenShare {
  /** Device `share3` is at place 3: on root port 4, behind chardev `fs3`. */
  readonly place: number;
  readonly tag: string;
  /** Its server is connected. */
  readonly served: boolean;
}

/** Memory that is plugged in while the guest runs. Bytes. */
export interface SeenPlug {
  /** What the machine has booted with. */
  readonly base: number;
  /** What the guest has taken, beside the base. */
  readonly taken: number;
  /** Room for it. */
  readonly room: number;
}

export interface Sightings {
  /** vCPUs present, from query-cpus-fast. */
  readonly cpus: number | null;
  /** Base memory and what the guest was asked to plug in, in bytes. */
  readonly memory: number | null;
  /** Virtual size of the root or scratch disk in bytes. */
  readonly storage: number | null;
  /** What QEMU forwards now, SSH's own port included, in no certain order. */
  readonly forwards: readonly PortConfig[] | null;
  /** Connections that are open, into the guest and out of it. */
  readonly flows: number | null;
  /** Null for a machine that is not wired to one. */
  readonly gateway: SeenGateway | null;
  /** Host port of SSH: the recorded one, or that of the start. */
  readonly sshPort: number | null;
  /** Shares through virtiofs, as devices. */
  readonly shares: readonly SeenShare[] | null;
  /** Places where a server of a share, or the way to one, is left and no device; in order. */
  readonly remains: readonly number[];
  /** Null also for a machine that nothing can be plugged into. */
  readonly plug: SeenPlug | null;
  /** Name of the block node that takes the guest's writes. */
  readonly rootNode: string | null;
  /** The running QEMU's arguments, from /proc/PID/cmdline. */
  readonly argv: readonly string[] | null;
}

export interface Observed {
  readonly vm: string;
  readonly state: MachineState;
  readonly process: ProcessId | null;
  readonly identity: Identity | null;
  readonly applied: Applied | null;
  /** Virtual size of disk.qcow2 in bytes; null when there is none. */
  readonly diskSize: number | null;
  readonly sightings: Sightings;
  /** It was being made from a template when whoever did that went away: it does not know who it is, and nobody has used it. */
  readonly halfRestored: boolean;
  /** The guest has booted again by itself since it was changed while it ran, and so forgot what was. */
  readonly rebooted: boolean;
  /** Its memory is on disk, and it goes on from there. */
  readonly suspended: boolean;
  /** What kept us from looking closer, for people. */
  readonly problem: string | null;
}

export const NO_SIGHTINGS: Sightings = {
  ...{ cpus: null, memory: null, storage: null, forwards: null, flows: null, gateway: null, argv: null },
  ...{ sshPort: null, shares: null, remains: [], plug: null, rootNode: null },
};
