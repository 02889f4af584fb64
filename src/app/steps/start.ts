/** Starts a machine: from its memory where it was suspended, from a template where it is new, else by a boot. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { removeTree } from '../../host/directories.ts';
import { writeState, writeText } from '../../host/files.ts';
import { endHelpers } from '../../host/helpers.ts';
import { removeTemplate, TEMPLATE, verifyTemplate, type Template } from '../../images/templates.ts';
import { AiVmError, messageOf } from '../../model/errors.ts';
import type { Step } from '../../model/plan.ts';
import type { Qmp } from '../../qemu/qmp.ts';
import { renderStartScript } from '../../qemu/script.ts';
import type { StepContext } from '../../reconcile/execute.ts';
import { observe } from '../../reconcile/observe.ts';
import { slotsOf } from '../../resources/shares.ts';
import type { Context } from '../context.ts';
import { withStarting } from '../control.ts';
import { createDisk } from '../disk.ts';
import { mend } from '../freeze/mend.ts';
import { bundleOf } from '../images.ts';
import { launchSpec } from '../launch.ts';
import { handSecrets } from '../network/secrets.ts';
import { runScript } from '../run-script.ts';
import { fillMemory, restore, settle } from '../warm/clone.ts';
import { finishClone, greeting, warnOf } from './clone.ts';
import { argumentsOf } from '../warm/shape.ts';
import { configOf, patience, type Run } from './run.ts';
import { appliedOf, OF_THE_HOST, prepareBoot, withSshPort, writeScript, type Start } from './begin.ts';
import { resume } from './resume.ts';

async function boot(start: Start): Promise<void> {
  const { context, run, before, at, paths } = start;
  const prepared = await prepareBoot(context, run, before, { config: configOf(run, before.vm), keepDisk: false }, at);
  await withSshPort(start, prepared, async (sshPort) => {
    const cold = { ...prepared, sshPort, start: 'cold' as const, slots: 0 };
    await writeScript(start, cold);
    // Recorded before: should we be killed right after the start, the next command knows what runs.
    await writeState(paths.applied, appliedOf(run, before, cold));
    at.progress('starting QEMU');
    await runScript(before.vm, paths.startScript, run.lock, at.signal);
    await handSecrets(context, cold, cold.vm.secrets);
  });
}

async function startWarm(start: Start, template: Template): Promise<void> {
  const { context, run, before, at, paths } = start;
  const prepared = await prepareBoot(context, run, before, { config: configOf(run, before.vm), keepDisk: true }, at);
  await withSshPort(start, prepared, async (sshPort) => {
    const { parts, credentials } = await writeScript(start, { ...prepared, sshPort, start: 'cold', slots: 0 });
    const warm = { ...prepared, sshPort, start: 'warm' as const, slots: slotsOf(prepared.vm, prepared) };
    const { machine } = argumentsOf(warm, credentials);
    await writeText(
      paths.warmScript,
      renderStartScript(launchSpec(context, warm, machine, { scratch: join(template.dir, TEMPLATE.disk) })),
      0o700,
    );
    const applied = appliedOf(run, before, warm);
    await writeState(paths.applied, applied);
    at.progress('starting QEMU');
    // Meanwhile, for a processor is idle as long as the script starts one program after the other.
    const verified = verifyTemplate(template, at.signal);
    verified.catch(() => undefined);
    const script = runScript(before.vm, paths.warmScript, run.lock, at.signal).finally(() =>
      rm(paths.warmScript, { force: true }),
    );
    const filled = (signal: AbortSignal): Promise<void> => fillMemory(warm, template, verified, signal);
    const restoring = (qmp: Qmp): Promise<void> => {
      at.progress('restoring its memory');
      return restore(qmp, paths, template);
    };
    await withStarting(paths, script, filled, restoring, at.signal);
    await handSecrets(context, warm, warm.vm.secrets);
    const clone = { boot: warm, parts, waiting: template.manifest.waiting };
    const knock = new AbortController();
    const signal = AbortSignal.any([at.signal, knock.signal]);
    const patient = await patience(context, run);
    const begun = (): void => {
      if (run.wait) run.greetings.set(before.vm, greeting(paths, sshPort, patient, signal));
    };
    try {
      warnOf(context, before.vm, await settle(clone, at, begun));
    } catch (error) {
      knock.abort();
      throw error;
    }
    await writeState(paths.applied, { ...applied, settled: true, grown: false });
    run.clones.set(before.vm, clone);
    // Otherwise the machine grows while SSH is waited for.
    if (!run.wait) await finishClone(context, run, before.vm, at);
  });
}

/** The template was of no use: the machine gets the disk that it would have had without, and boots. */
async function forgetTemplate(start: Start, template: Template, error: unknown): Promise<void> {
  const { context, run, at, before } = start;
  at.signal.throwIfAborted();
  if (error instanceof AiVmError && OF_THE_HOST.includes(error.code)) throw error;
  const why = messageOf(error);
  context.emit({ type: 'warning', vm: before.vm, message: `${before.vm} boots, its warm start failed: ${why}` });
  if (error instanceof AiVmError && error.code === 'image.corrupt') await removeTemplate(template);
  run.templates.delete(before.vm);
  await renewDisk(start);
}

/** A disk that was made in this run, and that a start has written since: the machine gets another. */
async function renewDisk({ context, run, at, paths, before }: Start): Promise<void> {
  const config = configOf(run, before.vm);
  if (config.overlay) return;
  await rm(paths.disk, { force: true });
  await createDisk(paths.disk, await bundleOf(context, run, before.vm, null), config.storage, at.signal);
}

/** The start of a machine: with what was there before it. */
async function prepare(context: Context, run: Run, step: Step, at: StepContext): Promise<Start> {
  const paths = context.project.machine(step.vm);
  const before = await observe(step.vm, paths);
  // The start script begins with an empty runtime directory: what it says of servers that nobody was connected to is lost then.
  if (!before.process) await endHelpers(paths.helpers);
  return { context, run, before, at, paths };
}

/** Boots a machine whose QEMU is gone before it was ready: from the disk that it has, or a new one where nothing of anybody's is on it. */
export async function bootAgain(context: Context, run: Run, step: Step, at: StepContext): Promise<void> {
  const start = await prepare(context, run, step, at);
  run.clones.delete(step.vm);
  run.greetings.delete(step.vm);
  if (start.before.applied) run.takenPorts.delete(start.before.applied.sshPort);
  if (run.created.has(step.vm)) await renewDisk(start);
  await boot(start);
}

export async function startStep(context: Context, run: Run, step: Step, at: StepContext): Promise<void> {
  const start = await prepare(context, run, step, at);
  const { before, paths } = start;
  if (before.suspended && !run.cold && (await resume(start))) return;
  // From here on the disk is written, and what was saved beside it makes no sense any more.
  await removeTree(paths.suspended);
  await mend(context, step.vm);
  const template = run.templates.get(step.vm);
  // What has been somebody's is booted: a template's memory fits its own disk alone.
  if (template && (configOf(run, step.vm).overlay || run.created.has(step.vm))) {
    try {
      await startWarm(start, template);
      return;
    } catch (error) {
      await forgetTemplate(start, template, error);
    }
  }
  await boot(start);
}
