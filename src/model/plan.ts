/** The plan: from what is observed to what is desired, as data. Printing, dry-run and execution all read it. */

import type { HostSide } from './host-side.ts';

/** How a change can be made: on the running machine, by rebooting it, or only by making a new disk (data loss). */
export type ChangeClass = 'live' | 'reboot' | 'recreate';

/** One field of one machine that differs. `before` and `after` are for people. */
export interface Change {
  readonly resource: string;
  /** Such as `memory`, `ports 127.0.0.1:8080/tcp`. */
  readonly field: string;
  readonly class: ChangeClass;
  readonly before: string;
  readonly after: string;
  readonly reason: string;
  /** Of a list whose entries have keys: which one. */
  readonly key?: string;
  /** The file has not changed: somebody has changed the machine. */
  readonly drift?: true;
}

/** What a step does: each kind has one handler in app/steps. */
export type StepKind =
  | ('image' | 'template' | 'create' | 'delete' | 'start' | 'thaw')
  | ('ready' | 'change' | 'release' | 'provision' | 'health' | 'stop');

export interface Step {
  /** `start:dev`; unique in its plan. */
  readonly id: string;
  readonly kind: StepKind;
  readonly vm: string;
  /** Ids of the steps that must have succeeded before. */
  readonly needs: readonly string[];
  /** Ports of the host that one machine of the plan gives up, and another one takes: `release` gives them, `start` and `change` take. */
  readonly hands?: readonly HostSide[];
  /** For people: `start dev`. */
  readonly title: string;
}

export type VmVerdict = 'create' | 'start' | 'change' | 'restart' | 'recreate' | 'stop' | 'finish' | 'none';

/** What the plan says of one machine. */
export interface VmPlan {
  readonly vm: string;
  readonly state: MachineState;
  readonly verdict: VmVerdict;
  readonly changes: readonly Change[];
  /** Changes that are not made now: they wait for a restart, a consent, or an approval. */
  readonly pending: readonly Change[];
}

export interface Plan {
  readonly formatVersion: 1;
  readonly project: string;
  readonly vms: readonly VmPlan[];
  /** In an order in which they could be run one after the other. */
  readonly steps: readonly Step[];
}

/**
 * absent: no disk. stopped: a disk, no QEMU, stopped on purpose or never started. dead: should run, but its QEMU is gone.
 * starting: QEMU runs, the guest has not answered. running: the guest answers.
 * paused: QEMU holds its CPUs. unknown: could not be looked at; `Observed.problem` says why.
 */
export type MachineState = 'absent' | 'stopped' | 'dead' | 'starting' | 'running' | 'paused' | 'unknown';
