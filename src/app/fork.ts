/** `fork`: copies of a running machine, each with an identity of its own. */
import { rm } from 'node:fs/promises';
import { writeState, writeText } from '../host/files.ts';
import { withLock } from '../host/lock.ts';
import { nextFreePort } from '../host/ports.ts';
import { together } from '../host/together.ts';
import { pluggedBackend } from '../model/chassis.ts';
import type { PortConfig } from '../model/desired.ts';
import { AiVmError } from '../model/errors.ts';
import type { Applied } from '../model/machine.ts';
import type { BootContext } from '../model/resource.ts';
import { guestSettings } from '../qemu/argv.ts';
import { openMemory } from '../qemu/memory-image.ts';
import { loadState, withoutRam } from '../qemu/migration.ts';
import { renderStartScript } from '../qemu/script.ts';
import { observe } from '../reconcile/observe.ts';
import { markFrozen } from './applied.ts';
import { chooseNames, LOOPBACK, prepareChild, type Child } from './child.ts';
import type { Context } from './context.ts';
import { withControl } from './control.ts';
import { runningBoot } from './freeze/boot.ts';
import { copySparse, fdPath } from './freeze/freeze.ts';
import { mend, observeWhole } from './freeze/mend.ts';
import { requireSavable } from './freeze/savable.ts';
import { takeFrozen, type Frozen } from './freeze/take.ts';
import { writeGuestFiles } from './guest-files.ts';
import { discard, discardHalves } from './halves.ts';
import { launchSpec } from './launch.ts';
import { handSecrets } from './network/secrets.ts';
import { overlayOn } from './layers.ts';
import { isPortRace, PORT_TRIES, runScript } from './run-script.ts';
import { onlyMachine } from './select.ts';
import { settle } from './warm/clone.ts';
import { argumentsOf } from './warm/shape.ts';

export interface ForkOptions {
  readonly vm: string | undefined;
  readonly count: number;
  /** Beginning of the copies' names; default: the machine's. */
  readonly name: string | null;
}

export interface Forked {
  readonly vm: string;
  readonly sshPort: number;
  readonly ports: readonly PortConfig[];
  /** Milliseconds from when its turn came until it could be logged in to. */
  readonly ms: number;
}

export interface ForkResult {
  readonly source: string;
  readonly forks: readonly Forked[];
  /** How long the source stood still (milliseconds), and how much memory it had touched (bytes). */
  readonly pause: number;
  readonly touched: number;
  /** Shares that the source has and the copies have not. */
  readonly withoutShares: number;
  /** What could not be given back to the source, for people. */
  readonly lost: readonly string[];
}

/** The descriptor at which a fork's QEMU finds the frozen memory. */
const MEMORY_FD = 8;

/** A QEMU that begins with the frozen memory and goes on as somebody else. @returns its SSH port */
async function startChild(
  context: Context,
  source: BootContext,
  child: Child,
  frozen: Frozen,
  lock: number,
  ports: { readonly ssh: number; readonly taken: Set<number> },
): Promise<number> {
  let sshPort = ports.ssh;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await startAt(context, source, child, frozen, lock, sshPort);
      return sshPort;
    } catch (error) {
      if (!isPortRace(error) || attempt >= PORT_TRIES) throw error;
    }
    sshPort = await nextFreePort('tcp', LOOPBACK, sshPort + 1, ports.taken);
    ports.taken.add(sshPort);
  }
}

/**
 * Does the work for each, so many at a time. After one that fails, none is begun.
 * @throws the first one's error, when nothing is at work any more
 */
async function inLanes<T>(items: readonly T[], lanes: number, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const lane = async (): Promise<void> => {
    try {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
    } finally {
      waiting.length = 0;
    }
  };
  await together(Array.from({ length: lanes }, lane));
}

async function startAt(
  context: Context,
  source: BootContext,
  child: Child,
  frozen: Frozen,
  lock: number,
  sshPort: number,
): Promise<void> {
  const { paths, config, identity } = child;
  const { signal } = context;
  const applied: Applied = {
    ...{ formatVersion: 1, config, image: source.bundle.manifest.digest, sshPort, stopped: false },
    ...{ chassis: source.chassis, provisioned: frozen.provisioned, settled: false },
    ...(frozen.installed ? { installed: frozen.installed } : {}),
  };
  // Before anything that could be taken for a machine.
  await writeState(paths.applied, applied);
  const boot: BootContext = {
    ...source,
    ...{ start: 'resumed', vm: config, identity, sshPort, judged: new Map() },
    paths:
      frozen.layer === null
        ? paths
        : { ...paths, disk: await overlayOn(frozen.layer, paths.disk, source.runAs, signal) },
  };
  const { parts } = argumentsOf(boot, new Map());
  const credentials = await writeGuestFiles(paths, identity, guestSettings(parts));
  const cold = argumentsOf({ ...boot, start: 'cold', slots: 0 }, credentials).machine;
  await writeText(paths.startScript, renderStartScript(launchSpec(context, boot, cold)), 0o700);
  const { machine } = argumentsOf({ ...boot, frozenMemory: MEMORY_FD }, credentials);
  const incoming = { scratch: frozen.scratch ?? '', memory: { path: fdPath(frozen.memory), fd: MEMORY_FD } };
  await writeText(paths.warmScript, renderStartScript(launchSpec(context, boot, machine, incoming)), 0o700);
  await writeState(paths.identity, identity);
  await runScript(child.name, paths.warmScript, lock, signal).finally(() => rm(paths.warmScript, { force: true }));
  await handSecrets(context, boot, config.secrets);
  await resume(boot, frozen, signal);
  // Its ports are forwarded already, and shares it has none.
  const bare = { ...boot, vm: { ...config, ports: [] } };
  await settle({ boot: bare, parts, waiting: frozen.waiting }, { signal, progress: () => undefined });
  await writeState(paths.applied, { ...applied, settled: true });
}

async function resume({ paths, vm, chassis }: BootContext, frozen: Frozen, signal: AbortSignal): Promise<void> {
  const { process } = await observe(vm.name, paths);
  if (!process) throw new AiVmError('qemu.died', `QEMU of ${vm.name} ended at its start`, { vm: vm.name });
  const plugged = await openMemory(process.pid, pluggedBackend(chassis.memory), 'r+');
  try {
    await copySparse(fdPath(frozen.plugged), fdPath(plugged), signal);
  } finally {
    await plugged.close();
  }
  await withControl(
    paths,
    async (qmp) => {
      await withoutRam(qmp);
      await loadState(qmp, frozen.state, paths.migration);
      await qmp.execute('cont');
    },
    signal,
  );
}

export async function fork(context: Context, options: ForkOptions): Promise<ForkResult> {
  const vm = await onlyMachine(context, options.vm);
  const { project, emit } = context;
  await context.prepare();
  return withLock(project.paths.lock, context.lockOptions, async (lock) => {
    await discardHalves(context);
    const seen = await observeWhole(context, vm);
    requireSavable(seen);
    const names = await chooseNames(context, vm, options);
    const source = await runningBoot(context, seen);
    const taken = new Set((project.desired?.vms ?? []).flatMap((each) => each.ports.map((port) => port.host)));
    const children: Child[] = [];
    const forks: Forked[] = [];
    let frozen: Frozen | undefined;
    try {
      for (const name of names) children.push(await prepareChild(context, name, vm, seen.applied!.config, taken));
      emit({ type: 'info', vm, message: `copying the memory of ${vm}; what it knows, its copies know` });
      const sshPorts = new Map<string, number>();
      for (const { name, config } of children) {
        const port = await nextFreePort('tcp', LOOPBACK, config.ssh.port, taken);
        taken.add(port);
        sshPorts.set(name, port);
      }
      const now = (frozen = await takeFrozen(context, source, seen));
      // Each keeps a processor busy until it is itself.
      const made = inLanes(children, source.host.cpus, async (child) => {
        const begin = performance.now();
        const { name, config } = child;
        const sshPort = await startChild(context, source, child, now, lock, { ssh: sshPorts.get(name)!, taken });
        forks.push({ vm: name, sshPort, ports: config.ports, ms: performance.now() - begin });
        emit({ type: 'info', vm: name, message: `${name} runs` });
      });
      await together([made, now.back]);
      forks.sort((a, b) => names.indexOf(a.vm) - names.indexOf(b.vm));
    } catch (error) {
      const done = new Set(forks.map((each) => each.vm));
      for (const child of children) if (!done.has(child.name)) await discard(context, child.name);
      await mend(context, vm).catch(() => undefined);
      throw error;
    } finally {
      await frozen?.release();
      // Up to here the next command would have cleared away what is half there, and given it the shares that it has not.
      if ((await frozen?.back)?.whole) await markFrozen(project.machine(vm), false);
    }
    const { pause, touched } = frozen;
    const { lost } = await frozen.back;
    return { source: vm, forks, pause, touched, lost, withoutShares: source.vm.shares.length };
  });
}
