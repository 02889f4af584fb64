/** `up`, `start` and `plan`: what is desired, what is observed, the plan between them, and its execution. */
import type { VmConfig } from '../model/desired.ts';
import { AiVmError, EXIT } from '../model/errors.ts';
import type { Observed } from '../model/observed.ts';
import type { Plan } from '../model/plan.ts';
import { withLock } from '../host/lock.ts';
import { execute, type Outcome } from '../reconcile/execute.ts';
import { observe } from '../reconcile/observe.ts';
import { planUp, type PlanOptions } from '../reconcile/plan.ts';
import { RESOURCES } from '../resources/index.ts';
import { requireApproval } from './approvals.ts';
import { requireDesired, type Context } from './context.ts';
import { desiredImages } from './images.ts';
import { commandDigest } from './provision.ts';
import { choose, chooseDeclared, declared, existing } from './select.ts';
import { welcomeOf, type Welcome } from './welcome.ts';

export interface UpOptions {
  /** Empty: all. */
  readonly vms: readonly string[];
  readonly wait?: boolean;
  readonly restart?: boolean;
  readonly recreate?: readonly string[];
  readonly yes?: boolean;
  readonly approve?: boolean;
  readonly dryRun?: boolean;
  /** Milliseconds until a machine must answer; null: by accelerator. */
  readonly timeout?: number | null;
  /** `start`: machines that have no disk yet are an error. */
  readonly existingOnly?: boolean;
}

export interface UpResult {
  readonly plan: Plan;
  readonly ok: boolean;
  readonly exitCode: number;
  readonly welcome: Welcome;
}

interface Look {
  readonly plan: Plan;
  readonly vms: readonly VmConfig[];
  readonly observed: ReadonlyMap<string, Observed>;
  readonly images: ReadonlyMap<string, string>;
}

/** Observes the chosen machines and plans for them. Reads only. */
async function look(context: Context, names: readonly string[], options: PlanOptions): Promise<Look> {
  const desired = requireDesired(context);
  const vms = desired.vms.filter((vm) => names.includes(vm.name));
  const images = desiredImages(vms);
  const seen = await Promise.all(vms.map((vm) => observe(vm.name, context.project.machine(vm.name))));
  const observed = new Map(seen.map((o) => [o.vm, o]));
  const provision = new Map(vms.map((vm) => [vm.name, vm.provision.map(commandDigest)]));
  const plan = planUp({ project: desired.name, vms, observed, resources: RESOURCES, images, provision, options });
  return { plan, vms, observed, images };
}

/** What `up` would do. Changes nothing, takes no lock. */
export async function plan(context: Context, options: { vms: readonly string[]; restart: boolean }): Promise<Plan> {
  const names = await chooseDeclared(context, options.vms);
  return (await look(context, names, { restart: options.restart, recreate: new Set() })).plan;
}

function checkRecreate(options: UpOptions, names: readonly string[]): Set<string> {
  const recreate = new Set(choose(options.recreate ?? [], names).filter((name) => options.recreate?.includes(name)));
  if (recreate.size > 0 && !options.yes && !options.dryRun) {
    const list = [...recreate].join(' ');
    throw new AiVmError('usage', `recreating ${list} deletes what is on the disk`, {
      fix: `ai-vm up --recreate ${list} --yes`,
    });
  }
  return recreate;
}

/** Machines that left the file are never touched without a word; one that runs on unseen holds memory and ports. */
async function warnOfOrphans(context: Context): Promise<void> {
  const known = declared(context);
  for (const vm of (await existing(context)).filter((name) => !known.includes(name))) {
    const { process } = await observe(vm, context.project.machine(vm));
    if (!process) continue;
    context.emit({ type: 'warning', message: `${vm} runs and is not in the file: ai-vm down ${vm} stops it` });
  }
}

export async function up(context: Context, options: UpOptions): Promise<UpResult> {
  const names = await chooseDeclared(context, options.vms);
  const planOptions = { restart: options.restart ?? false, recreate: checkRecreate(options, names) };
  const first = await look(context, names, planOptions);
  await warnOfOrphans(context);
  if (options.existingOnly) {
    const missing = [...first.observed.values()].find((o) => o.state === 'absent');
    if (missing)
      throw new AiVmError('machine.not-running', `${missing.vm} does not exist yet`, {
        vm: missing.vm,
        fix: `ai-vm up ${missing.vm}`,
      });
  }
  if (options.dryRun) return finish(context, first, null);
  await requireApproval(context, options.approve ?? false);
  // Looking takes no lock: a converged project answers at once, also while another command works.
  if (first.plan.steps.length === 0) {
    context.emit({ type: 'plan', plan: first.plan });
    return answered(await finish(context, first, null), first.observed);
  }
  await context.prepare();
  return withLock(context.project.paths.lock, context.lockOptions, async (lock) => {
    const now = await look(context, names, planOptions);
    context.emit({ type: 'plan', plan: now.plan });
    if (now.plan.steps.length === 0) {
      return answered(await finish(context, now, null), now.observed);
    }
    // A converged project never loads what changes a machine.
    const [{ preflight }, { makeHandlers }] = await Promise.all([import('./preflight.ts'), import('./steps/index.ts')]);
    const capabilities = await context.capabilities();
    await preflight(context, capabilities, now.plan, now.vms);
    const handlers = makeHandlers(context, {
      ...now,
      wait: options.wait ?? true,
      timeout: options.timeout ?? null,
      grace: null,
      lock,
    });
    const outcome = await execute(now.plan, handlers, context.emit, context.signal, () => performance.now());
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
  return { plan, ok, exitCode, welcome: await welcomeOf(context, plan, vms, observed) };
}
