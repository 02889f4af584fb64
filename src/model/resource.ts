/** The interface of resources/*.ts: one file knows everything about its field. Pure. */
import type { BootPart, JudgedDirectory } from './boot.ts';
import type { Capabilities, RunAs } from './capabilities.ts';
import type { VmConfig } from './desired.ts';
import type { Bundle } from './image.ts';
import type { Identity, MachinePaths } from './machine.ts';
import type { Change } from './plan.ts';
import type { Sightings } from './observed.ts';

/** It could not be seen, or the recorded state does not say. */
export const UNKNOWN = Symbol('unknown');
export type Unknown = typeof UNKNOWN;

/** Everything that a boot depends on besides the declared values: found out before, handed in as a value. */
export interface BootContext {
  readonly vm: VmConfig;
  readonly paths: MachinePaths;
  readonly identity: Identity;
  readonly bundle: Bundle;
  readonly host: Capabilities;
  readonly runAs: RunAs;
  /** The port that SSH really gets on the host. */
  readonly sshPort: number;
  /** Declared share path → the directory that it was found to be. Every declared share is in here. */
  readonly judged: ReadonlyMap<string, JudgedDirectory>;
}

export interface Resource<D, O = D> {
  /** As in the file: `ports`. */
  readonly name: string;
  desired(vm: VmConfig): D;
  boot(desired: D, context: BootContext): BootPart;
  /** From what was seen of the running machine; `applied` only fills in what QEMU cannot tell. */
  observe(seen: Sightings, applied: VmConfig | null): O | Unknown;
  changes(desired: D, observed: O): Change[];
}
