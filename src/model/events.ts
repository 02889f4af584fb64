/** What happens, as it happens: emitted by app and reconcile, drawn by report. */
import type { AiVmError } from './errors.ts';
import type { Plan, Step } from './plan.ts';

export type Event =
  | { readonly type: 'plan'; readonly plan: Plan }
  | { readonly type: 'step-started'; readonly step: Step }
  /** `fraction` is 0…1 where it is known. */
  | { readonly type: 'step-progress'; readonly step: Step; readonly text: string; readonly fraction?: number }
  | { readonly type: 'step-done'; readonly step: Step; readonly ms: number }
  | { readonly type: 'step-failed'; readonly step: Step; readonly error: AiVmError }
  | { readonly type: 'step-skipped'; readonly step: Step; readonly because: string }
  | { readonly type: 'warning'; readonly message: string; readonly vm?: string }
  | { readonly type: 'info'; readonly message: string; readonly vm?: string }
  | { readonly type: 'finished'; readonly ok: boolean };

export type Emit = (event: Event) => void;
