/** `up` and `start`: what is to be done, what has to be asked before, and that it is done. */
import { AiVmError, EXIT } from '../model/errors.ts';
import type { Observed } from '../model/observed.ts';
import type { Plan } from '../model/plan.ts';
import { withLock } from '../host/lock.ts';
import { restartsDue, type RestartConsent, type RestartDue } from '../reconcile/consent.ts';
import type { Outcome } from '../reconcile/execute.ts';
import { requireApproval } from './approvals.ts';
import type { Context } from './context.ts';
import { undeclared, warnOfUndeclared } from './orphans.ts';
import { fixFlakes } from './flakes.ts';
import { refreshSecrets, requireValues } from './network/secrets.ts';
import { hiddenPlan } from './hiding.ts';
import { look, type Look } from './look.ts';
import { requireFresh, type Planned } from './plan-file.ts';
import { remember } from './remember.ts';
import { chooseToStart, namedOf } from './select.ts';
import { welcomeOf, type Welcome } from './welcome.ts';

export type { RestartDue };

export interface UpOptions {
  /** Empty: all. */
  readonly vms: readonly string[];
  readonly wait?: boolean;
  /** Running machines are restarted for changes that need it, or are not; not there: `askRestart` decides. */
  readonly restart?: boolean;
  /** Asked once, before the lock is taken, with what machines would be restarted for; not there: none is. */
  readonly askRestart?: (due: readonly RestartDue[]) => Promise<boolean>;
  /** Machines that left the file are stopped, if this agrees to their names; not there: they are warned of. */
  readonly removeOrphans?: (names: readonly string[]) => Promise<boolean>;
  readonly recreate?: readonly string[];
  readonly yes?: boolean;
  readonly approve?: boolean;
  readonly dryRun?: boolean;
  /** Milliseconds until a machine must answer; null: by accelerator. */
  readonly timeout?: number | null;
  /** Carried out if it still is what would be done, with the options that it was made with. */
  readonly planned?: Planned;
  /** `start`: machines that have no disk yet are an error. */
  readonly existingOnly?: boolean;
  /** Every machine boots, templates or not. */
  readonly cold?: boolean;
  /**
   * Machines that are none of this command's business, by what is seen of them: asked under the lock too, since others may have
   * stopped one in the meantime. Whoever says so sees to those that left the file, too.
   */
  readonly leave?: (seen: Observed) => boolean;
  /** A machine that boots when this is interrupted goes on, instead of being stopped. */
  readonly letBoot?: boolean;
}

export interface UpResult {
  readonly plan: Plan;
  readonly ok: boolean;
  readonly exitCode: number;
  readonly welcome: Welcome;
}

function checkRecreate(options: UpOptions, names: readonly string[]): Set<string> {
  const recreate = namedOf(options.recreate ?? [], names);
  if (recreate.size > 0 && !options.yes && !options.dryRun) {
    const list = [...recreate].join(' ');
    throw new AiVmError('usage', `recreating ${list} deletes what is on the disk`, {
      fix: options.planned ? 'Say --yes, too.' : `ai-vm up --recreate ${list} --yes`,
    });
  }
  return recreate;
}

/** Nobody is asked while a lock is held, and nothing is restarted for what nobody was asked about. */
async function decideRestart({ restart, askRestart }: UpOptions, { plan }: Look): Promise<RestartConsent> {
  if (restart !== undefined || !askRestart) return restart ?? false;
  const due = restartsDue(plan);
  if (due.length === 0 || !(await askRestart(due))) return false;
  return new Map(due.map(({ vm, changes }) => [vm, changes]));
}

function warnOfRestarts(context: Context, consent: RestartConsent, { plan }: Look): void {
  for (const { vm } of restartsDue(plan)) {
    if (typeof consent === 'boolean' || !consent.has(vm)) continue;
    const message = `${vm} is not restarted: what it would be restarted for is not what was asked about; ai-vm plan shows it`;
    context.emit({ type: 'warning', vm, message });
  }
}

/** Which of the machines that left the file are stopped: asked by name, also before the lock. */
async function decideOrphans(
  { dryRun, removeOrphans }: UpOptions,
  orphans: readonly Observed[],
): Promise<ReadonlySet<string>> {
  const names = orphans.map(({ vm }) => vm);
  if (!removeOrphans || names.length === 0) return new Set();
  return dryRun || (await removeOrphans(names)) ? new Set(names) : new Set();
}

/** That it is not a file alone that decides, and for how long. */
function tellOfFlags({ project, given, emit }: Context): void {
  if (project.adHoc) {
    const message =
      'there is no ai-vm.yaml: this goes by flags of ai-vm up, kept on this host; ai-vm init makes a file of them';
    emit({ type: 'info', message });
  } else if (given) {
    emit({
      type: 'info',
      message: 'the flags are for this run: ai-vm up without them goes back to what the file says',
    });
  }
}

export async function up(context: Context, options: UpOptions): Promise<UpResult> {
  tellOfFlags(context);
  const names = await chooseToStart(context, options.vms);
  const found = await undeclared(context);
  const orphans = await decideOrphans(options, found.orphans);
  if (!options.leave) warnOfUndeclared(context, found, orphans);
  const planOptions = {
    ...{ restart: options.restart ?? false, cold: options.cold ?? false },
    recreate: checkRecreate(options, names),
    orphans,
    ...(options.leave ? { leave: options.leave } : {}),
  };
  // What this host can do is not asked before the file may have anything of it.
  const first = await look(context, names, { ...planOptions, cold: planOptions.cold || options.dryRun !== true });
  if (options.existingOnly) {
    const missing = [...first.observed.values()].find((o) => o.state === 'absent');
    if (missing)
      throw new AiVmError('machine.not-running', `${missing.vm} does not exist yet`, {
        vm: missing.vm,
        fix: `ai-vm up ${missing.vm}`,
      });
  }
  if (options.planned && (options.dryRun || first.plan.steps.length === 0)) {
    requireFresh(context, options.planned, first);
  }
  if (options.dryRun) return finish(context, first, null);
  await requireApproval(context, options.approve ?? false);
  // A watch has the environment that it was started in: what somebody has typed since is newer.
  if (!options.leave) {
    requireValues(context, first.vms);
    await refreshSecrets(context, first);
  }
  await fixFlakes(context, first.vms);
  await remember(context);
  const restart = await decideRestart(options, first);
  // Looking takes no lock: a converged project answers at once, also while another command works.
  if (first.plan.steps.length === 0 && typeof restart === 'boolean' && found.halves.length === 0) {
    context.emit({ type: 'plan', plan: hiddenPlan(context, first.plan) });
    return answered(await finish(context, first, null), first.observed);
  }
  await context.prepare();
  return withLock(context.project.paths.lock, context.lockOptions, async (lock) => {
    const { discardHalves } = await import('./halves.ts');
    await discardHalves(context);
    const now = await look(context, names, { ...planOptions, restart });
    if (options.planned) requireFresh(context, options.planned, now);
    context.emit({ type: 'plan', plan: hiddenPlan(context, now.plan) });
    warnOfRestarts(context, restart, now);
    if (now.plan.steps.length === 0) {
      return answered(await finish(context, now, null), now.observed);
    }
    // Neither a converged project nor a dry run ever loads what changes a machine.
    const { carryOut } = await import('./carry-out.ts');
    const outcome = await carryOut(context, now, {
      ...{ cold: options.cold ?? false, wait: options.wait ?? true },
      ...{ timeout: options.timeout ?? null, letBoot: options.letBoot ?? false, lock },
    });
    return answered(await finish(context, now, outcome), now.observed);
  });
}

/** A machine that could not be looked at is left alone, and is not as declared either. */
function answered(result: UpResult, observed: ReadonlyMap<string, Observed>): UpResult {
  const silent = result.plan.vms.find(({ state, verdict }) => state === 'unknown' && verdict === 'none');
  if (!silent) return result;
  throw new AiVmError('qmp.timeout', `${silent.vm} runs, but its QEMU does not answer`, {
    vm: silent.vm,
    why: observed.get(silent.vm)?.problem ?? '',
    fix: `Try again in a moment. Should it hang for good: ai-vm restart ${silent.vm} ends it, by force where needed, and starts it again.`,
  });
}

async function finish(context: Context, { plan, vms, observed }: Look, outcome: Outcome | null): Promise<UpResult> {
  const errors = [...(outcome?.failed.values() ?? [])];
  const ok = errors.length === 0 && (outcome?.skipped.length ?? 0) === 0;
  const exitCode = context.signal.aborted ? EXIT.interrupted : (errors[0]?.exitCode ?? (ok ? EXIT.ok : EXIT.failed));
  context.emit({ type: 'finished', ok });
  return { plan: hiddenPlan(context, plan), ok, exitCode, welcome: await welcomeOf(context, plan, vms, observed) };
}
