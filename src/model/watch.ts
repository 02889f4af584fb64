/** A watched project: why it is looked at again, and what comes of it. */

export interface FileChange {
  readonly path: string;
  readonly what: 'changed' | 'appeared' | 'removed';
}

export type Reason =
  /** The first look of all. */
  | { readonly kind: 'start' }
  | { readonly kind: 'files'; readonly changes: readonly FileChange[] }
  /** A machine has ended, or the time for another try has come: nothing that anybody has to be told of by itself. */
  | { readonly kind: 'again' }
  /** A person wants the restarts that were waiting. */
  | { readonly kind: 'restart' };

export interface Round {
  /** Files that take part, existing and not. */
  readonly paths: readonly string[];
  /** Milliseconds until the next round, should nothing happen before. */
  readonly again: number;
}

export interface WatchedProject {
  /** Files that may take part, before the first round. */
  readonly paths: readonly string[];
  /** Looks at the project and makes its machines what they should be. Never rejects for what went wrong with them. */
  readonly round: (reasons: readonly Reason[]) => Promise<Round>;
  /** Whether a machine has ended since the last round. Cheap. */
  readonly hasDied: () => Promise<boolean>;
}
