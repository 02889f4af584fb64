/** What was copied. */
export interface Tally {
  files: number;
  links: number;
  bytes: number;
  /** Bytes of files that have gone by, those of one that is not done yet too. */
  moved: number;
  /** What was left out, and why; for people. */
  readonly skipped: string[];
}

export const newTally = (): Tally => ({ files: 0, links: 0, bytes: 0, moved: 0, skipped: [] });
