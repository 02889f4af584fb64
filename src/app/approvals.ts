/** Consent to what a file asks of this host: recorded outside the repository, for exactly what was asked. */
import { rm } from 'node:fs/promises';
import { readState, writeState } from '../host/files.ts';
import { withLock } from '../host/lock.ts';
import type { Ask } from '../model/approval.ts';
import type { VmConfig } from '../model/desired.ts';
import { EXIT } from '../model/errors.ts';
import { isApplied } from '../reconcile/observe.ts';
import { asksOf, sourceAsks } from './asks.ts';
import { NotAllowed, readConsents, type Approvals } from './consents.ts';
import { requireDesired, type Context } from './context.ts';
import { FetchNotAllowed } from './fetch.ts';
import { hiddenAsk } from './hiding.ts';
import { realPaths } from './real-paths.ts';

export interface Asks {
  readonly pending: readonly Ask[];
  readonly given: readonly Ask[];
}

const read = (context: Context): Promise<Approvals> => readConsents(context.project.paths.approvals);

/** Digests of everything that was allowed in this project. */
export async function givenDigests(context: Context): Promise<ReadonlySet<string>> {
  return new Set(Object.keys((await read(context)).given));
}

/**
 * What the file asks now, and which of it was allowed.
 * @param paths declared share path → real path
 */
export async function readAsks(context: Context, paths?: ReadonlyMap<string, string>): Promise<Asks> {
  const desired = requireDesired(context);
  const [real, applied] = await Promise.all([paths ?? realPaths(desired.vms), appliedConfigs(context)]);
  const all = asksOf(desired, real, applied).map(hiddenAsk(context));
  const { given } = await read(context);
  const agreed = new Set([...Object.keys(given), ...context.word.map((ask) => ask.digest)]);
  return { pending: all.filter((ask) => !agreed.has(ask.digest)), given: all.filter((ask) => agreed.has(ask.digest)) };
}

/** What the declared machines were last given. */
async function appliedConfigs(context: Context): Promise<ReadonlyMap<string, VmConfig>> {
  const { vms } = requireDesired(context);
  const read = vms.map(async ({ name }) => {
    const { value } = await readState(context.project.machine(name).applied, isApplied);
    return value ? [[name, value.config] as const] : [];
  });
  return new Map((await Promise.all(read)).flat());
}

/** Records consent to these asks, beside what was allowed before. */
export async function give(context: Context, asks: readonly Ask[]): Promise<void> {
  if (asks.length === 0) return;
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

/**
 * Consent to what images are made from: all that `build` needs.
 * @throws AiVmError approval.needed
 */
export async function requireConsentToSources(context: Context, vms: readonly VmConfig[]): Promise<void> {
  const sources = new Set(sourceAsks({ ...requireDesired(context), vms }).map((ask) => ask.digest));
  if (sources.size === 0) return;
  const pending = (await readAsks(context)).pending.filter((ask) => sources.has(ask.digest));
  if (pending.length > 0) throw needed(context, pending);
}

export const needed = (context: Context, pending: readonly Ask[]): NotAllowed =>
  new NotAllowed(context.project.file, pending);

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
  const { problem } = context.project;
  const first = problem instanceof FetchNotAllowed ? problem : null;
  const asks = first ? { pending: first.asks, given: [] } : await readAsks(context);
  const agreed = await options.decide(asks);
  if (options.listing || asks.pending.length === 0) return EXIT.ok;
  if (!agreed) return options.onRefused();
  await context.prepare();
  await withLock(context.project.paths.lock, context.lockOptions, () => give(context, asks.pending));
  const next = first ? 'ai-vm approve, which fetches it and shows what that asks' : 'ai-vm up';
  context.emit({ type: 'info', message: `allowed; next: ${next}` });
  return EXIT.ok;
}
