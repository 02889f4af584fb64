/** What was allowed in a project, on this host. */
import { readState } from '../host/files.ts';
import type { Ask } from '../model/approval.ts';
import { AiVmError } from '../model/errors.ts';

export interface Approvals {
  readonly formatVersion: 1;
  /** Digest of the ask → what it said then, and when the consent was given. */
  readonly given: Readonly<Record<string, { readonly text: string; readonly at: string }>>;
}

const isApprovals = (value: unknown): value is Approvals =>
  typeof value === 'object' && value !== null && typeof (value as Approvals).given === 'object';

export async function readConsents(path: string): Promise<Approvals> {
  const { value } = await readState(path, isApprovals);
  return value ?? { formatVersion: 1, given: {} };
}

/** That these were not allowed. */
export class NotAllowed extends AiVmError {
  readonly asks: readonly Ask[];
  constructor(
    file: string,
    asks: readonly Ask[],
    fix = 'If you trust the file with all of this: ai-vm approve (or ai-vm up --approve). Otherwise remove it from the file.',
  ) {
    super('approval.needed', `${file} asks for more than its own directory and loopback ports`, {
      why: asks.map((ask) => `${ask.vm} wants to ${ask.text}\n    ${ask.risk}`).join('\n'),
      fix,
    });
    this.asks = asks;
  }
}
