/** What is true now, read from QMP, /proc and the disk: never from a state file alone. */
import type { PortConfig } from './desired.ts';
import type { Applied, Identity, ProcessId } from './machine.ts';
import type { MachineState } from './plan.ts';

/** Replies already read; `null` where it could not be read (the machine is down, or did not answer in time). */
export interface Sightings {
  /** vCPUs present, from query-cpus-fast. */
  readonly cpus: number | null;
  /** Base plus plugged memory in bytes, from query-memory-size-summary. */
  readonly memory: number | null;
  /** Virtual size of the root or scratch disk in bytes. */
  readonly storage: number | null;
  /** What QEMU forwards now, SSH's own port included, in no certain order. */
  readonly forwards: readonly PortConfig[] | null;
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
  /** What kept us from looking closer, for people. */
  readonly problem: string | null;
}

export const NO_SIGHTINGS: Sightings = { cpus: null, memory: null, storage: null, forwards: null, argv: null };
