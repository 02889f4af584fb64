/** What happens, as it happens: emitted by app and reconcile, drawn by report. */
import type { AiVmError } from './errors.ts';
import type { Plan, Step } from './plan.ts';

/** What is going on: a step of a plan, or a copy of `cp` that takes long. */
export type Job = Step | (Omit<Step, 'kind'> & { readonly kind: 'copy' });

export type Event =
  | { readonly type: 'plan'; readonly plan: Plan }
  | { readonly type: 'step-started'; readonly step: Job }
  /** `fraction` is 0…1 where it is known. */
  | { readonly type: 'step-progress'; readonly step: Job; readonly text: string; readonly fraction?: number }
  | { readonly type: 'step-done'; readonly step: Job; readonly ms: number }
  | { readonly type: 'step-failed'; readonly step: Job; readonly error: AiVmError }
  | { readonly type: 'step-skipped'; readonly step: Step; readonly because: string }
  | { readonly type: 'warning'; readonly message: string; readonly vm?: string }
  | { readonly type: 'info'; readonly message: string; readonly vm?: string }
  | { readonly type: 'finished'; readonly ok: boolean }
  | WatchEvent;

/** What `watch` saw, planned and did: one line each. */
export interface WatchEvent {
  readonly type: 'watch';
  /**
   * `saw`: files have changed. `broken`, `mended`: the file does not count, and counts again. `held`: it asks for what was not
   * allowed. `planned`, `did`, `failed`: what follows. `waits`: for a person, or for a time. `note`: all else.
   */
  readonly kind: 'saw' | 'broken' | 'mended' | 'held' | 'planned' | 'did' | 'failed' | 'waits' | 'note';
  /** ISO 8601. */
  readonly at: string;
  readonly message: string;
  readonly vm?: string;
  readonly plan?: Plan;
  /** Told in full after the line. */
  readonly error?: AiVmError;
}

export type Emit = (event: Event) => void;
