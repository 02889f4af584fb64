import { mkdir, readFile, rm } from 'node:fs/promises';
import { execa } from 'execa';
import { credentials, FW_CFG_PREFIX } from '../../guest/credentials.ts';
import { writeState, writeText } from '../../host/files.ts';
import { endRuntime } from '../../host/logs.ts';
import { isPortFree, nextFreePort } from '../../host/ports.ts';
import type { VmConfig } from '../../model/desired.ts';
import { AiVmError } from '../../model/errors.ts';
import type { Identity, MachinePaths } from '../../model/machine.ts';
import type { Step } from '../../model/plan.ts';
import type { BootContext } from '../../model/resource.ts';
import { machineArguments } from '../../qemu/argv.ts';
import { renderStartScript } from '../../qemu/script.ts';
import { observe } from '../../reconcile/observe.ts';
import type { StepContext } from '../../reconcile/execute.ts';
import { RESOURCES } from '../../resources/index.ts';
import { judgeWav, writableShares } from '../audio.ts';
import type { Context } from '../context.ts';
import { createDisk, growDisk } from '../disk.ts';
import { stageCredentials } from '../effective.ts';
import { makeIdentity } from '../identity.ts';
import { bundleOf, imageOfDisk } from '../images.ts';
import { launchSpec } from '../launch.ts';
import { realPaths } from '../real-paths.ts';
import { judgeShares } from '../shares.ts';
import { configOf, type Run } from './run.ts';

/** How often another SSH port is tried when somebody takes ours between the look and the start. */
const PORT_TRIES = 5;

/** The port of the last start while it is free, so that what people noted stays true; else the next free one. */
async function chooseSshPort(run: Run, vm: VmConfig, before: number | null): Promise<number> {
  const declared = run.vms.flatMap((other) => [
    ...other.ports.filter((p) => p.protocol === 'tcp').map((p) => p.host),
    ...(other.name !== vm.name && other.ssh.declared ? [other.ssh.port] : []),
  ]);
  const taken = new Set([...declared, ...run.takenPorts]);
  const wished = vm.ssh.declared || before === null ? vm.ssh.port : before;
  for (const port of [wished, before]) {
    if (port === null || taken.has(port)) continue;
    run.takenPorts.add(port);
    if (await isPortFree('tcp', '127.0.0.1', port)) return port;
    run.takenPorts.delete(port);
  }
  const port = await nextFreePort('tcp', '127.0.0.1', vm.ssh.port, taken);
  if (run.takenPorts.has(port)) return chooseSshPort(run, vm, null);
  run.takenPorts.add(port);
  return port;
}

async function writeCredentials(paths: MachinePaths, made: ReadonlyMap<string, string>): Promise<Map<string, string>> {
  await mkdir(paths.credentials, { recursive: true, mode: 0o700 });
  const files = new Map<string, string>();
  for (const [name, content] of made) {
    await writeText(`${paths.credentials}/${name}`, content);
    files.set(`${FW_CFG_PREFIX}${name}`, `${paths.credentials}/${name}`);
  }
  return files;
}

/** The private host key reaches the guest as a file of its own; it is never in the image. */
async function hostKeyFiles(
  paths: MachinePaths,
  identity: Identity,
): Promise<{ path: string; mode: string; content: string }[]> {
  return [
    { path: '/etc/ssh/ssh_host_ed25519_key', mode: '0600', content: await readFile(paths.hostKey, 'utf8') },
    { path: '/etc/ssh/ssh_host_ed25519_key.pub', mode: '0644', content: `${identity.hostKey}\n` },
  ];
}

/** Runs the start script, which is also what a person would run: there is one way to start a machine. */
async function launch(vm: string, paths: MachinePaths, at: StepContext): Promise<void> {
  const result = await execa('sh', [paths.startScript, '--locked'], {
    reject: false,
    stdin: 'ignore',
    cancelSignal: at.signal,
  });
  if (result.exitCode === 0) return;
  const said = result.stderr.trim();
  throw new AiVmError('qemu.died', `${vm} could not be started`, {
    vm,
    why: said || `the start script ended with ${result.exitCode ?? result.signal ?? 'no exit code'}`,
    fix: `ai-vm logs ${vm} --qemu shows all that QEMU said; sh ${paths.startScript} tries it by hand.`,
  });
}

const portRace = (error: unknown): boolean =>
  error instanceof AiVmError &&
  /Could not set up host forwarding rule 'tcp:127\.0\.0\.1:\d+-:22'/.test(error.why ?? '');

export async function startStep(context: Context, run: Run, step: Step, at: StepContext): Promise<void> {
  const { project } = context;
  const host = await context.capabilities();
  const { vm: name } = step;
  const paths = project.machine(name);
  const declared = configOf(run, name);
  const before = await observe(name, paths);
  const identity = before.identity ?? (await makeIdentity(name, paths, at.signal));
  if (!before.identity) await writeState(paths.identity, identity);

  at.progress('checking shares');
  const staged = await stageCredentials(declared, paths, project.home, project.runAs);
  const judged = await judgeShares(context, declared, staged);
  const real = await realPaths(run.vms);
  await judgeWav(declared, writableShares(run.vms, real));
  const config: VmConfig = { ...declared, shares: [...declared.shares, ...staged] };

  const recorded = config.overlay ? null : await imageOfDisk(paths.disk);
  const bundle = await bundleOf(context, run, name, recorded);
  if (!config.overlay) {
    if (recorded === null) await createDisk(paths.disk, bundle, config.storage, at.signal);
    else await growDisk(paths.disk, config.storage, at.signal);
  }

  for (let attempt = 1; ; attempt += 1) {
    const sshPort = await chooseSshPort(run, declared, before.applied?.sshPort ?? null);
    const boot: BootContext = {
      vm: config,
      paths,
      identity,
      bundle,
      host,
      runAs: project.runAs,
      sshPort,
      judged,
    };
    const parts = RESOURCES.map((resource) => resource.boot(resource.desired(config), boot));
    const guest = machineArguments(boot, parts, new Map()).guest;
    const keys = (await hostKeyFiles(paths, identity)).map((file) => ({ ...file, owner: 'root', group: 'root' }));
    const made = credentials({ ...guest, files: [...keys, ...guest.files] }, identity.machineId);
    const files = await writeCredentials(paths, made);
    const machine = machineArguments(boot, parts, files);
    await writeText(paths.startScript, renderStartScript(launchSpec(context, boot, machine)), 0o700);
    // Recorded before: should we be killed right after the start, the next command knows what runs.
    await writeState(paths.applied, {
      formatVersion: 1,
      config: declared,
      image: bundle.manifest.digest,
      sshPort,
      stopped: false,
      provisioned: before.applied?.provisioned ?? [],
    });
    at.progress('starting QEMU');
    try {
      await launch(name, paths, at);
      return;
    } catch (error) {
      // What is not running is not to be taken for dead.
      if (!portRace(error) || attempt === PORT_TRIES) {
        if (before.applied) await writeState(paths.applied, { ...before.applied, stopped: true });
        else await rm(paths.applied, { force: true });
        // What QEMU said is kept with the logs; sockets of a machine that never ran are of no use.
        if (!(await observe(name, paths)).process) await endRuntime(paths);
        throw error;
      }
    }
  }
}
