/** The interface of resources/*.ts: one file knows everything about its field. Pure. */
import type { BootPart, JudgedDirectory } from './boot.ts';
import type { Capabilities, RunAs } from './capabilities.ts';
import type { Chassis } from './chassis.ts';
import type { VmConfig } from './desired.ts';
import type { HostSide } from './host-side.ts';
import type { Bundle } from './image.ts';
import type { LivePart, LiveStep } from './live.ts';
import type { Applied, Identity, MachinePaths } from './machine.ts';
import type { Change } from './plan.ts';
import type { SeenShare, Sightings } from './observed.ts';

/** It could not be seen, or the recorded state does not say. */
export const UNKNOWN = Symbol('unknown');
export type Unknown = typeof UNKNOWN;

/** Everything that a boot depends on besides the declared values: found out before, handed in as a value. */
export interface BootContext {
  /**
   * `cold`: the kernel boots, and everything declared is on QEMU's command line. `warm`: a template's memory is restored,
   * so the machine begins as the bare chassis of its class and is given the rest while it runs. `resumed`: a machine's own memory is
   * restored; it has everything that it had but its virtiofs shares.
   */
  readonly start: 'cold' | 'warm' | 'resumed';
  /** Descriptor of another machine's frozen memory, which this one begins with as a private copy; not there: its own. */
  readonly frozenMemory?: number;
  /** How many places for 9p shares the machine has at least, whether they are used or not. */
  readonly slots: number;
  /** Of a machine that runs, or goes on from saved memory: the one that it was started on. */
  readonly chassis: Chassis;
  readonly vm: VmConfig;
  readonly paths: MachinePaths;
  readonly identity: Identity;
  readonly bundle: Bundle;
  readonly host: Capabilities;
  readonly runAs: RunAs;
  /** What the guest trusts its gateway by, PEM; not there: nothing is opened for it. */
  readonly authority?: string;
  /** The port that SSH really gets on the host. */
  readonly sshPort: number;
  /** Declared share path → the directory that it was found to be. Every declared share is in here. */
  readonly judged: ReadonlyMap<string, JudgedDirectory>;
  /** Shares that a machine that runs has already, at the places that they have; not there: it has none yet. */
  readonly attached?: readonly SeenShare[];
}

/** A machine that runs and is to be changed. Only the directories of shares that come are judged. */
export interface LiveContext extends BootContext {
  readonly seen: Sightings;
  readonly applied: VmConfig;
}

export interface Resource<D, O = D> {
  /** As in the file: `ports`. */
  readonly name: string;
  desired(vm: VmConfig): D;
  boot(desired: D, context: BootContext): BootPart;
  /** How a machine that runs on its bare chassis gets the desired value. */
  live?(desired: D, context: BootContext): Partial<LivePart>;
  /** From what was seen of the running machine; `applied` only fills in what QEMU cannot tell. */
  observe(seen: Sightings, applied: VmConfig | null): O | Unknown;
  changes(desired: D, observed: O): Change[];
  /** Ports of the host that the desired value takes: only one machine can have one at a time. */
  claims?(desired: D): readonly HostSide[];
  /** Those that a running machine has for it. */
  held?(observed: O): readonly HostSide[];
  /** How one of its changes of class `live` is made on a machine that runs. */
  steps?(change: Change, desired: D, context: LiveContext): LiveStep[];
  /** QEMU shows all of it, so that the record may be ahead of what is done. */
  readonly shown?: true;
  /** All of it is QEMU's: a guest that boots by itself has nothing of it to forget. */
  readonly ofHost?: true;
  /** It is changed in the guest, on a disk that is kept: a start alone does not make a change of it. */
  readonly onDisk?: true;
  /** The record once a change of class `live` is made. */
  adopt?(applied: Applied, change: Change, desired: VmConfig): Applied;
}
