/** `clone`: a stopped machine once more. Both stand on what was its disk, and each writes to one of its own. */
import { writeState } from '../host/files.ts';
import { withLock } from '../host/lock.ts';
import { nextFreePort } from '../host/ports.ts';
import type { PortConfig } from '../model/desired.ts';
import { AiVmError } from '../model/errors.ts';
import type { Applied } from '../model/machine.ts';
import type { Observed } from '../model/observed.ts';
import { observe } from '../reconcile/observe.ts';
import { chooseNames, LOOPBACK, prepareChild } from './child.ts';
import type { Context } from './context.ts';
import { discard, discardHalves } from './halves.ts';
import { forgetNames, overlayOn, pushLayer } from './layers.ts';
import { onlyMachine } from './select.ts';

export interface CloneResult {
  readonly source: string;
  readonly vm: string;
  readonly ports: readonly PortConfig[];
}

/** @throws AiVmError machine.not-running, usage */
function requireStill({ vm, process, applied, suspended, diskSize }: Observed): Applied {
  if (process) {
    throw new AiVmError('usage', `${vm} runs, and only a machine that stands still is cloned`, {
      vm,
      fix: `ai-vm fork ${vm} copies it as it runs; or ai-vm stop ${vm} first.`,
    });
  }
  if (suspended) {
    throw new AiVmError('usage', `${vm} is suspended: its disk is in the middle of something`, {
      vm,
      fix: `ai-vm up ${vm}, then ai-vm fork ${vm}, or ai-vm stop ${vm} and clone it.`,
    });
  }
  if (!applied || diskSize === null) {
    throw new AiVmError('machine.not-running', `${vm} has never run`, { vm, fix: `ai-vm up ${vm}` });
  }
  if (applied.config.overlay) {
    throw new AiVmError('usage', `${vm} forgets what it has written: there is nothing to clone`, { vm });
  }
  return applied;
}

export async function clone(
  context: Context,
  options: { readonly vm: string | undefined; readonly name: string | null },
): Promise<CloneResult> {
  const vm = await onlyMachine(context, options.vm);
  const { project, signal } = context;
  const paths = project.machine(vm);
  await context.prepare();
  return withLock(project.paths.lock, context.lockOptions, async () => {
    await discardHalves(context);
    const source = requireStill(await observe(vm, paths));
    const [name = ''] = await chooseNames(context, vm, { count: 1, name: options.name });
    const taken = new Set((project.desired?.vms ?? []).flatMap((each) => each.ports.map((port) => port.host)));
    try {
      const child = await prepareChild(context, name, vm, source.config, taken);
      const port = await nextFreePort('tcp', LOOPBACK, source.config.ssh.port, taken);
      const applied: Applied = {
        ...{ formatVersion: 1, image: source.image, sshPort: port, stopped: true, provisioned: source.provisioned },
        ...(source.installed ? { installed: source.installed } : {}),
        config: { ...child.config, ssh: { port, declared: false } },
      };
      // Until all of it is there, the next command clears it away.
      await writeState(child.paths.applied, { ...applied, settled: false });
      const { layer } = await pushLayer(paths.disk, project.paths, project.runAs, signal);
      await forgetNames(paths.disk);
      await overlayOn(layer, child.paths.disk, project.runAs, signal);
      await writeState(child.paths.identity, child.identity);
      await writeState(child.paths.applied, applied);
      return { source: vm, vm: name, ports: child.config.ports };
    } catch (error) {
      await discard(context, name);
      throw error;
    }
  });
}
