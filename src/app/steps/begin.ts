/** What every start of a machine begins with, however it goes on: what is refused is refused in here. */
import { rm } from 'node:fs/promises';
import { writeState, writeText } from '../../host/files.ts';
import { endRuntime } from '../../host/logs.ts';
import { kill, waitForExit } from '../../host/processes.ts';
import type { BootPart } from '../../model/boot.ts';
import { chassisOf, type Chassis } from '../../model/chassis.ts';
import type { ErrorCode } from '../../model/errors.ts';
import type { Applied, MachinePaths } from '../../model/machine.ts';
import { softwareOf } from '../../model/software.ts';
import type { Observed } from '../../model/observed.ts';
import type { VmConfig } from '../../model/desired.ts';
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
import { authorityFor } from '../network/secrets.ts';
import { launchSpec } from '../launch.ts';
import { forgetNames, openName } from '../layers.ts';
import { isPortRace, PORT_TRIES } from '../run-script.ts';
import { realPaths } from '../real-paths.ts';
import { judgeShares } from '../shares.ts';
import { chooseSshPort } from '../ssh-port.ts';
import { configOf, type Run } from './run.ts';

/** A person has to do something about these; a boot would not help. */
export const OF_THE_HOST: readonly ErrorCode[] = [
  ...(['approval.needed', 'host.port-taken', 'share.refused', 'share.missing'] as const),
  ...(['host.space', 'host.path', 'host.missing'] as const),
];

export interface Prepared extends Omit<BootContext, 'sshPort' | 'start' | 'slots'> {
  /** Nothing that was provisioned before is on the disk that it starts with. */
  readonly afresh: boolean;
  /** Its disk was made for this start, or it forgets. */
  readonly isNew: boolean;
}

/** What the machine is started with, beside its SSH port: everything that may be refused is refused in here. */
export async function prepareBoot(
  context: Context,
  run: Run,
  before: Observed,
  as: { readonly config: VmConfig; readonly keepDisk: boolean; readonly chassis?: Chassis },
  at: StepContext,
): Promise<Prepared> {
  const { project } = context;
  const name = before.vm;
  const paths = project.machine(name);
  const declared = as.config;
  const identity = before.identity ?? (await makeIdentity(name, paths, declared.image.provider, at.signal));
  if (!before.identity) await writeState(paths.identity, identity);

  at.progress('checking shares');
  const staged = await stageCredentials(declared, paths, project.home, project.runAs);
  const judged = await judgeShares(context, declared, staged);
  const { vms } = requireDesired(context);
  await judgeWav(declared, writableShares(vms, await realPaths(vms)));

  const recorded = declared.overlay ? null : await imageOfDisk(paths.disk);
  const bundle = await bundleOf(context, run, name, recorded);
  if (!declared.overlay && !as.keepDisk) {
    if (recorded === null) await createDisk(paths.disk, bundle, declared.storage, at.signal);
    await growDisk(paths.disk, bundle, project.paths, declared.storage, project.runAs, at.signal);
  }
  if (!declared.overlay) await forgetNames(paths.disk);
  const open = declared.overlay ? paths : { ...paths, disk: await openName(paths.disk) };
  const vm = { ...declared, shares: [...declared.shares, ...staged] };
  const authority = await authorityFor(paths, declared.secrets);
  const afresh = recorded === null || before.applied?.config.overlay === true;
  return {
    vm,
    paths: open,
    identity,
    ...(authority && { authority: authority.certificate }),
    bundle,
    host: await context.capabilities(),
    runAs: project.runAs,
    judged,
    afresh,
    isNew: recorded === null,
    chassis: as.chassis ?? chassisOf(vm),
  };
}

const ON_DISK = new Set(RESOURCES.filter(({ onDisk }) => onDisk).map(({ name }) => name));

/** A disk that is kept has what it had, half of a change included: so says the record, and not what is declared. */
export function appliedOf(run: Run, before: Observed, boot: Prepared & BootContext): Applied {
  const declared = configOf(run, boot.vm.name);
  const image = boot.bundle.manifest.digest;
  const wanted = run.images.get(declared.name);
  const disk = softwareOf({ image, declared: declared.image, wanted, isNew: boot.isNew }, before.applied);
  const begun = boot.isNew ? [] : (before.applied?.begun ?? []).filter(({ resource }) => ON_DISK.has(resource));
  return {
    formatVersion: 1,
    config: { ...declared, image: disk.image },
    image,
    ...(disk.installed.length > 0 ? { installed: disk.installed } : {}),
    ...(begun.length > 0 ? { begun } : {}),
    sshPort: boot.sshPort,
    chassis: boot.chassis,
    stopped: false,
    provisioned: boot.afresh ? [] : (before.applied?.provisioned ?? []),
    ...(boot.start === 'warm' ? { settled: false } : {}),
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

export interface Start {
  readonly context: Context;
  readonly run: Run;
  readonly before: Observed;
  readonly at: StepContext;
  readonly paths: MachinePaths;
}

/** Writes the script of a boot, which is also what a person would run, whichever way the machine starts now. */
export async function writeScript(
  { context, paths }: Start,
  boot: BootContext,
): Promise<{ parts: readonly BootPart[]; credentials: ReadonlyMap<string, string> }> {
  const parts = RESOURCES.map((resource) => resource.boot(resource.desired(boot.vm), boot));
  const credentials = await writeGuestFiles(paths, boot.identity, guestSettings(parts));
  const machine = machineArguments(boot, parts, credentials);
  await writeText(paths.startScript, renderStartScript(launchSpec(context, boot, machine)), 0o700);
  return { parts, credentials };
}

/** Tries another SSH port when somebody takes ours between the look and the start. */
export async function withSshPort(
  { context, run, before, paths }: Start,
  prepared: Prepared,
  start: (sshPort: number) => Promise<void>,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const { vms } = requireDesired(context);
    const sshPort = await chooseSshPort(prepared.vm, vms, run.takenPorts, before.applied?.sshPort ?? null);
    try {
      await start(sshPort);
      return;
    } catch (error) {
      if (isPortRace(error) && attempt < PORT_TRIES) continue;
      await undo(paths, before);
      // It is the machine's own when it is started another way.
      run.takenPorts.delete(sshPort);
      throw error;
    }
  }
}
