/** Makes a template: boots the bare chassis as nobody, brings it to rest, and keeps its memory, its state and its disk. */
import { chown, lchown, mkdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { Agent } from '../../guest/agent.ts';
import { openPipe, startWaiting } from '../../guest/pipe.ts';
import { waitForAgent } from '../../guest/readiness.ts';
import { prepare } from '../../guest/settle.ts';
import { PIPES, REST, waitAt } from '../../guest/waiting.ts';
import { boundToUs } from '../../host/bound.ts';
import { ownDirectory, removeTree } from '../../host/directories.ts';
import { privilegesOf } from '../../host/privileges.ts';
import { sanitise } from '../../host/untrusted.ts';
import { TEMPLATE, type Made, type Waiting } from '../../images/templates.ts';
import type { Capabilities, RunAs } from '../../model/capabilities.ts';
import { chassisOf } from '../../model/chassis.ts';
import type { VmConfig } from '../../model/desired.ts';
import { AiVmError } from '../../model/errors.ts';
import type { Bundle } from '../../model/image.ts';
import type { MachinePaths } from '../../model/machine.ts';
import { AGENT_PORT } from '../../qemu/argv.ts';
import { openMemory, saveMemory } from '../../qemu/memory-image.ts';
import { saveState, withoutRam } from '../../qemu/migration.ts';
import { Qmp } from '../../qemu/qmp.ts';
import { usersOf } from '../../resources/users.ts';
import type { Context } from '../context.ts';
import { createDisk } from '../disk.ts';
import { argumentsOf, templateBoot, TEMPLATE_SCRATCH } from './shape.ts';

/** Milliseconds, as for a machine: under emulation a boot takes about half a minute, on a loaded host several times that. */
const PATIENCE = { kvm: 120_000, tcg: 300_000 };
const RESTING = 180_000;

interface Job {
  readonly vm: VmConfig;
  readonly bundle: Bundle;
  readonly host: Capabilities;
  readonly runAs: RunAs;
  /** Becomes the template's directory. */
  readonly dir: string;
  /** For sockets; removed at the end. */
  readonly run: string;
  readonly paths: MachinePaths;
  readonly progress: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Names as a machine has them; only those that QEMU's arguments hold are used. */
function pathsIn(context: Context, key: string, dir: string): MachinePaths {
  const paths = context.project.machine(`.t-${key}`);
  return { ...paths, disk: join(dir, TEMPLATE.disk), scratch: join(dir, TEMPLATE.disk) };
}

async function makeDisk({ vm, bundle, dir, runAs, signal }: Job): Promise<void> {
  const path = join(dir, TEMPLATE.disk);
  if (vm.overlay) {
    const [size, options] = [String(TEMPLATE_SCRATCH), 'lazy_itable_init=1,nodiscard,root_owner=0:0'];
    await execa('truncate', ['-s', size, '--', path], { cancelSignal: signal });
    await execa('mke2fs', ['-q', '-F', '-t', 'ext4', '-b', '4096', '-O', '^has_journal', '-E', options, '--', path], {
      cancelSignal: signal,
      env: { PATH: `${process.env['PATH'] ?? '/usr/bin:/bin'}:/usr/sbin:/sbin` },
    });
  } else await createDisk(path, bundle, bundle.manifest.disk.virtualSize, signal);
  if (runAs.drop) await lchown(path, runAs.uid, runAs.gid);
}

/**
 * QEMU as a child of ours that the kernel kills when we die, however that is: nobody would know of it otherwise. Its console goes
 * to its stdout, of which the end is kept.
 */
function startQemu(job: Job) {
  const { vm, bundle, host, runAs, paths, run } = job;
  const { argv } = argumentsOf(templateBoot(vm, { bundle, host, runAs, paths }), new Map()).machine;
  const privileges = privilegesOf(runAs);
  const before = privileges.length > 0 ? privileges.slice(1, -1) : [];
  const [program = '', ...args] = boundToUs([host.qemu.binary, ...argv], 'KILL', [...before, '--no-new-privs']);
  return execa(program, args, {
    cwd: run,
    extendEnv: false,
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
    stdin: 'ignore',
    reject: false,
  });
}

async function connect(job: Job, child: ReturnType<typeof startQemu>): Promise<Qmp> {
  const end = performance.now() + 30_000;
  for (;;) {
    job.signal.throwIfAborted();
    if (child.exitCode !== null || child.signalCode !== null) {
      const { stderr } = await child;
      throw new AiVmError('qemu.died', 'QEMU ended at its start', { why: sanitise(stderr).slice(-2000) });
    }
    try {
      return await Qmp.connect(job.paths.qmp.control, { signal: job.signal });
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function bringToRest(agent: Agent, job: Job): Promise<Waiting> {
  const { vm, signal, runAs, progress } = job;
  progress('bringing it to rest');
  const input = prepare(usersOf(vm.users, runAs));
  const result = await agent.exec(['/bin/sh', '-s'], { input, timeout: RESTING, signal });
  if (result.code !== 0) {
    throw new AiVmError('guest.agent', 'the guest could not be prepared', {
      why: sanitise(Buffer.concat([result.stdout, result.stderr]).toString('utf8')).slice(-1000),
    });
  }
  return agent.use(
    async (session) => ({
      settle: await startWaiting(session, waitAt('settle')),
      grow: await startWaiting(session, waitAt('grow')),
    }),
    { signal },
  );
}

/**
 * Freezes nothing before each of those that wait has come to its pipe: a clone writes to them at once, and nobody hears what is written
 * before.
 */
async function awaitRest(agent: Agent, signal: AbortSignal): Promise<void> {
  const result = await agent.exec(['/bin/sh', '-s'], { input: REST, timeout: RESTING, signal });
  if (result.code !== 0) throw new AiVmError('guest.agent', 'the guest did not come to rest');
}

/** The machine stands still when this returns, and its disk is closed. */
async function save(job: Job, qmp: Qmp, pid: number): Promise<void> {
  const { dir, vm, signal, run, runAs } = job;
  job.progress('keeping its memory');
  await qmp.execute('stop');
  await withoutRam(qmp);
  await saveState(qmp, join(dir, TEMPLATE.state), join(run, 'migrate.sock'), runAs);
  const memory = await openMemory(pid, chassisOf(vm).memory.base, 'r');
  try {
    await saveMemory(memory, join(dir, TEMPLATE.memory), join(dir, TEMPLATE.index), signal);
  } finally {
    await memory.close();
  }
}

async function fill(job: Job): Promise<Made> {
  const { dir, host, paths, runAs, bundle, signal, progress } = job;
  await makeDisk(job);
  progress('booting');
  const child = startQemu(job);
  const kill = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  let qmp: Qmp | undefined;
  let events: Qmp | undefined;
  try {
    qmp = await connect(job, child);
    events = await Qmp.connect(paths.qmp.events, { signal });
    const timeout = PATIENCE[host.accelerator.accelerator];
    await waitForAgent(events, AGENT_PORT, paths.agent, { signal, timeout });
    const waiting = await bringToRest(new Agent(paths.agent), job);
    await awaitRest(new Agent(paths.agent), signal);
    const agent = new Agent(paths.agent);
    const handle = await agent.use((session) => openPipe(session, PIPES.settle), { timeout: RESTING, signal });
    await save(job, qmp, child.pid ?? -1);
    await qmp.execute('quit').catch(() => undefined);
    await child;
    if (runAs.drop) await chown(join(dir, TEMPLATE.disk), 0, 0);
    return { image: bundle.manifest.digest, waiting: { ...waiting, handle } };
  } finally {
    signal.removeEventListener('abort', kill);
    qmp?.close();
    events?.close();
    kill();
    await child.catch(() => undefined);
  }
}

/** Fills `dir` with the files of a template. Nothing runs and nothing else is left when this returns or rejects. */
export async function fillTemplate(
  context: Context,
  vm: VmConfig,
  bundle: Bundle,
  key: string,
  dir: string,
  at: { readonly progress: (text: string) => void; readonly signal: AbortSignal },
): Promise<Made> {
  const { project } = context;
  const { runAs, env } = project;
  const paths = pathsIn(context, key, dir);
  const mode = runAs.drop ? 0o711 : 0o700;
  for (const above of [env.runtimeHome, project.paths.runtime]) await ownDirectory(above, mode);
  await removeTree(paths.run);
  await mkdir(paths.run, { mode: 0o700 });
  await ownDirectory(paths.none, 0o555);
  if (runAs.drop) await lchown(paths.run, runAs.uid, runAs.gid);
  try {
    const host = await context.capabilities();
    return await fill({ vm, bundle, host, runAs, dir, run: paths.run, paths, ...at });
  } finally {
    await removeTree(paths.run);
    await rmdir(project.paths.runtime).catch(() => undefined);
  }
}
