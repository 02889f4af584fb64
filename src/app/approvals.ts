/** Consent to what a file asks of this host: recorded outside the repository, for exactly what was asked. */
import { rm } from 'node:fs/promises';
import { readState, writeState } from '../host/files.ts';
import { withLock } from '../host/lock.ts';
import type { Ask } from '../model/approval.ts';
import { AiVmError, EXIT } from '../model/errors.ts';
import { asksOf } from './asks.ts';
import { requireDesired, type Context } from './context.ts';
import { realPaths } from './real-paths.ts';

interface Approvals {
  readonly formatVersion: 1;
  /** Digest of the ask → what it said then, and when the consent was given. */
  readonly given: Readonly<Record<string, { readonly text: string; readonly at: string }>>;
}

export interface Asks {
  readonly pending: readonly Ask[];
  readonly given: readonly Ask[];
}

const isApprovals = (value: unknown): value is Approvals =>
  typeof value === 'object' && value !== null && typeof (value as Approvals).given === 'object';

async function read(context: Context): Promise<Approvals> {
  const { value } = await readState(context.project.paths.approvals, isApprovals);
  return value ?? { formatVersion: 1, given: {} };
}

/**
 * What the file asks now, and which of it was allowed.
 * @param paths declared share path → real path
 */
export async function readAsks(context: Context, paths?: ReadonlyMap<string, string>): Promise<Asks> {
  const desired = requireDesired(context);
  const all = asksOf(desired, paths ?? (await realPaths(desired.vms)));
  const { given } = await read(context);
  return { pending: all.filter((ask) => !given[ask.digest]), given: all.filter((ask) => given[ask.digest]) };
}

/** Records consent to these asks, beside what was allowed before. */
export async function give(context: Context, asks: readonly Ask[]): Promise<void> {
  const before = await read(context);
  const at = new Date().toISOString();
  const now = asks.map((ask) => [ask.digest, { text: `${ask.vm} may ${ask.text}`, at }] as const);
  await writeState(context.project.paths.approvals, {
    ...before,
    given: { ...before.given, ...Object.fromEntries(now) },
  });
}

/** Nothing that was not allowed is given: not in part either, since a machine without half of what it declares is no use. */
export async function requireApproval(context: Context, approveNow: boolean): Promise<void> {
  const { pending } = await readAsks(context);
  if (pending.length === 0) return;
  if (approveNow) {
    await context.prepare();
    return give(context, pending);
  }
  throw needed(context, pending);
}

/**
 * Consent to what one machine asks, with its shares as the directories that they were found to be.
 * @param paths declared share path → real path
 * @throws AiVmError approval.needed
 */
export async function requireConsent(context: Context, paths: ReadonlyMap<string, string>, vm: string): Promise<void> {
  const pending = (await readAsks(context, paths)).pending.filter((ask) => ask.vm === vm);
  if (pending.length > 0) throw needed(context, pending);
}

function needed(context: Context, pending: readonly Ask[]): AiVmError {
  return new AiVmError(
    'approval.needed',
    `${context.project.file} asks for more than its own directory and loopback ports`,
    {
      why: pending.map((ask) => `${ask.vm} wants to ${ask.text}\n    ${ask.risk}`).join('\n'),
      fix: 'If you trust the file with all of this: ai-vm approve (or ai-vm up --approve). Otherwise remove it from the file.',
    },
  );
}

export interface ApproveOptions {
  readonly revoke: boolean;
  /** Only show. */
  readonly listing: boolean;
  readonly decide: (asks: Asks) => Promise<boolean>;
  readonly onRefused: () => number;
}

/** @returns the exit code */
export async function approve(context: Context, options: ApproveOptions): Promise<number> {
  if (options.revoke) {
    await rm(context.project.paths.approvals, { force: true });
    context.emit({ type: 'info', message: 'every consent of this project is taken back' });
    return EXIT.ok;
  }
  const asks = await readAsks(context);
  const agreed = await options.decide(asks);
  if (options.listing || asks.pending.length === 0) return EXIT.ok;
  if (!agreed) return options.onRefused();
  await context.prepare();
  await withLock(context.project.paths.lock, context.lockOptions, () => give(context, asks.pending));
  context.emit({ type: 'info', message: 'allowed; next: ai-vm up' });
  return EXIT.ok;
}
