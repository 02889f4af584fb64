/** A suspended machine goes on. */
import { rm } from 'node:fs/promises';
import { removeTree } from '../../host/directories.ts';
import { writeState, writeText } from '../../host/files.ts';
import { chassisOf } from '../../model/chassis.ts';
import { AiVmError, messageOf } from '../../model/errors.ts';
import type { BootContext } from '../../model/resource.ts';
import { renderStartScript } from '../../qemu/script.ts';
import { observe } from '../../reconcile/observe.ts';
import type { Context } from '../context.ts';
import { withControl } from '../control.ts';
import { diskMark, loadMachine, readSaved } from '../freeze/saved.ts';
import { attachShares } from '../freeze/shares.ts';
import { launchSpec } from '../launch.ts';
import { handSecrets, keptSecrets } from '../network/secrets.ts';
import { runScript } from '../run-script.ts';
import { warnOf } from './clone.ts';
import { argumentsOf, processorOf } from '../warm/shape.ts';
import { configOf } from './run.ts';
import { OF_THE_HOST, prepareBoot, withSshPort, writeScript, type Start } from './begin.ts';

/**
 * A suspended machine goes on where it was, as it was: what the file says otherwise by now waits.
 * @returns whether it does; if not, its disk is as after a power failure, and it boots
 */
export async function resume(start: Start): Promise<boolean> {
  const { context, run, before, at, paths } = start;
  let resumed: BootContext | undefined;
  const saved = await readSaved(paths.suspended);
  const disk = saved?.applied.config.overlay ? paths.scratch : paths.disk;
  const warn = (why: string): void =>
    context.emit({ type: 'warning', vm: before.vm, message: `${before.vm} boots, what was suspended is lost: ${why}` });
  if (!saved || (await diskMark(disk).catch(() => '')) !== saved.disk) {
    warn(saved ? 'its disk is another one, or was written to since' : 'it was not saved to its end');
    return false;
  }
  if (saved.processor !== undefined && saved.processor !== (await processorOf(await context.capabilities()))) {
    warn('it was saved on another processor, or with another accelerator');
    return false;
  }
  // What it may reach is what the file says by now, from its first moment on.
  const { network, secrets } = configOf(run, before.vm);
  const { secrets: had, ...was } = saved.applied.config;
  const kept = keptSecrets(had, secrets);
  const config = { ...was, ...(was.network && network && { network }), ...(kept.length > 0 && { secrets: kept }) };
  const chassis = saved.applied.chassis ?? chassisOf(config);
  const prepared = await prepareBoot(context, run, before, { config, keepDisk: true, chassis }, at);
  try {
    await withSshPort(start, prepared, async (sshPort) => {
      const { credentials } = await writeScript(start, { ...prepared, sshPort, start: 'cold', slots: 0 });
      const boot = { ...prepared, sshPort, start: 'resumed' as const, slots: saved.slots };
      const { machine } = argumentsOf(boot, credentials);
      await writeText(
        paths.warmScript,
        renderStartScript(launchSpec(context, boot, machine, { scratch: null })),
        0o700,
      );
      await writeState(paths.applied, { ...saved.applied, config, sshPort, frozen: true });
      at.progress('starting QEMU');
      await runScript(before.vm, paths.warmScript, run.lock, at.signal).finally(() =>
        rm(paths.warmScript, { force: true }),
      );
      await handSecrets(context, boot, config.secrets);
      at.progress('restoring its memory');
      await resumeSaved(context, boot, paths.suspended, before.vm, at.signal);
      resumed = boot;
    });
  } catch (error) {
    at.signal.throwIfAborted();
    if (error instanceof AiVmError && OF_THE_HOST.includes(error.code)) throw error;
    warn(messageOf(error));
    return false;
  }
  if (!resumed) throw new Error(`${before.vm} was not resumed`);
  // It writes its disk by now. Whatever comes in between, it is frozen until it has its shares, and the next command sees to it.
  await removeTree(paths.suspended);
  warnOf(context, before.vm, await attachShares(context, resumed, at.signal, { served: true, setClock: true }));
  await writeState(paths.applied, { ...saved.applied, config, sshPort: resumed.sshPort });
  return true;
}

async function resumeSaved(
  context: Context,
  boot: BootContext,
  dir: string,
  vm: string,
  signal: AbortSignal,
): Promise<void> {
  const { process } = await observe(vm, context.project.machine(vm));
  if (!process) throw new AiVmError('qemu.died', `QEMU of ${vm} ended at its start`, { vm });
  await withControl(
    boot.paths,
    async (qmp) => {
      await loadMachine(qmp, boot, process.pid, dir, signal);
      await qmp.execute('cont');
    },
    signal,
  );
}
