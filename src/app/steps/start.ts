import { rm } from 'node:fs/promises';
import { writeState, writeText } from '../../host/files.ts';
import { runHolding } from '../../host/inherit.ts';
import { endRuntime } from '../../host/logs.ts';
import { kill, waitForExit } from '../../host/processes.ts';
import { AiVmError } from '../../model/errors.ts';
import type { Applied, MachinePaths } from '../../model/machine.ts';
import type { Observed } from '../../model/observed.ts';
import type { Step } from '../../model/plan.ts';
import type { BootContext } from '../../model/resource.ts';
import { guestSettings, machineArguments } from '../../qemu/argv.ts';
import { renderStartScript } from '../../qemu/script.ts';
import type { StepContext } from '../../reconcile/execute.ts';
import { observe } from '../../reconcile/observe.ts';
import { RESOURCES } from '../../resources/index.ts';
import { judgeWav, writableShares } from '../audio.ts';
import { requireDesired, type Context } from '../context.ts';
import { createDisk, growDisk } from '../disk.ts';
import { stageCredentials } from '../effective.ts';
import { writeGuestFiles } from '../guest-files.ts';
import { makeIdentity } from '../identity.ts';
import { bundleOf, imageOfDisk } from '../images.ts';
import { launchSpec } from '../launch.ts';
import { realPaths } from '../real-paths.ts';
import { judgeShares } from '../shares.ts';
import { chooseSshPort } from '../ssh-port.ts';
import { configOf, type Run } from './run.ts';

/**
 * Runs the start script, which is also what a person would run: there is one way to start a machine. It holds the lock with
 * us, as its descriptor 9: should we be killed, nobody starts the machine a second time while it is still at it.
 */
async function launch(vm: string, paths: MachinePaths, lock: number | null, at: StepContext): Promise<void> {
  if (lock === null) throw new Error(`${vm} is started without the lock`);
  at.signal.throwIfAborted();
  const argv = ['-c', 'exec 9<&3 3<&-; exec sh "$@"', 'sh', paths.startScript, '--locked'];
  const { code, stderr } = await runHolding(lock, 'sh', argv, at.signal);
  if (code === 0) return;
  throw new AiVmError('qemu.died', `${vm} could not be started`, {
    vm,
    why: stderr || `the start script ended with ${code ?? 'a signal'}`,
    fix: `ai-vm logs ${vm} --qemu shows all that QEMU said; sh ${paths.startScript} tries it by hand.`,
  });
}

const portRace = (error: unknown): boolean =>
  error instanceof AiVmError &&
  /Could not set up host forwarding rule 'tcp:127\.0\.0\.1:\d+-:22'/.test(error.why ?? '');

/** How often another SSH port is tried when somebody takes ours between the look and the start. */
const PORT_TRIES = 5;

interface Prepared extends Omit<BootContext, 'sshPort'> {
  /** Nothing that was provisioned before is on the disk that it starts with. */
  readonly afresh: boolean;
}

/** What the machine is started with, beside its SSH port: everything that may be refused is refused in here. */
async function prepareBoot(context: Context, run: Run, before: Observed, at: StepContext): Promise<Prepared> {
  const { project } = context;
  const name = before.vm;
  const paths = project.machine(name);
  const declared = configOf(run, name);
  const identity = before.identity ?? (await makeIdentity(name, paths, at.signal));
  if (!before.identity) await writeState(paths.identity, identity);

  at.progress('checking shares');
  const staged = await stageCredentials(declared, paths, project.home, project.runAs);
  const judged = await judgeShares(context, declared, staged);
  const { vms } = requireDesired(context);
  await judgeWav(declared, writableShares(vms, await realPaths(vms)));

  const recorded = declared.overlay ? null : await imageOfDisk(paths.disk);
  const bundle = await bundleOf(context, run, name, recorded);
  if (!declared.overlay) {
    if (recorded === null) await createDisk(paths.disk, bundle, declared.storage, at.signal);
    await growDisk(paths.disk, bundle, declared.storage, project.runAs, at.signal);
  }
  const vm = { ...declared, shares: [...declared.shares, ...staged] };
  const afresh = recorded === null || before.applied?.config.overlay === true;
  return { vm, paths, identity, bundle, host: await context.capabilities(), runAs: project.runAs, judged, afresh };
}

/** An older disk keeps the image that it was made from, and so the record says that one and not the declared one. */
function appliedOf(run: Run, before: Observed, boot: Prepared & BootContext): Applied {
  const declared = configOf(run, boot.vm.name);
  const image = boot.bundle.manifest.digest;
  const older = image !== run.images.get(declared.name) && before.applied?.image === image;
  return {
    formatVersion: 1,
    config: older ? { ...declared, image: before.applied.config.image } : declared,
    image,
    sshPort: boot.sshPort,
    stopped: false,
    provisioned: boot.afresh ? [] : (before.applied?.provisioned ?? []),
  };
}

/** What a killed QEMU has to go (milliseconds). */
const LAST = 5000;

/** What is not running is not to be taken for dead; what QEMU said is kept, sockets of a machine that never ran are not. */
async function undo(paths: MachinePaths, before: Observed): Promise<void> {
  if (before.applied) await writeState(paths.applied, { ...before.applied, stopped: true });
  else await rm(paths.applied, { force: true });
  // The script has killed its QEMU, or was killed itself; a large one takes a while to go.
  const { process } = await observe(before.vm, paths);
  if (process) {
    await kill(process, 'SIGKILL');
    await waitForExit(process, LAST);
  }
  await endRuntime(paths);
}

export async function startStep(context: Context, run: Run, step: Step, at: StepContext): Promise<void> {
  const paths = context.project.machine(step.vm);
  const before = await observe(step.vm, paths);
  const prepared = await prepareBoot(context, run, before, at);
  for (let attempt = 1; ; attempt += 1) {
    const { vms } = requireDesired(context);
    const sshPort = await chooseSshPort(prepared.vm, vms, run.takenPorts, before.applied?.sshPort ?? null);
    const boot = { ...prepared, sshPort };
    const parts = RESOURCES.map((resource) => resource.boot(resource.desired(boot.vm), boot));
    const files = await writeGuestFiles(paths, boot.identity, guestSettings(parts));
    const machine = machineArguments(boot, parts, files);
    await writeText(paths.startScript, renderStartScript(launchSpec(context, boot, machine)), 0o700);
    // Recorded before: should we be killed right after the start, the next command knows what runs.
    await writeState(paths.applied, appliedOf(run, before, boot));
    at.progress('starting QEMU');
    try {
      await launch(step.vm, paths, run.lock, at);
      return;
    } catch (error) {
      if (portRace(error) && attempt < PORT_TRIES) continue;
      await undo(paths, before);
      throw error;
    }
  }
}
