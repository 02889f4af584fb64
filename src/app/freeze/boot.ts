/** A machine that runs, as what it was started with: for those who take things away from it and give them back. */
import { chassisOf } from '../../model/chassis.ts';
import { AiVmError } from '../../model/errors.ts';
import type { Observed } from '../../model/observed.ts';
import type { BootContext } from '../../model/resource.ts';
import { findBundle } from '../../images/bundle.ts';
import type { Context } from '../context.ts';
import { authorityFor } from '../network/secrets.ts';
import { stageCredentials } from '../effective.ts';
import { judgeShares } from '../shares.ts';

/**
 * Nothing of its shares is judged.
 * @param secrets those that it is to have; without them, those that it has
 * @throws AiVmError `machine.not-running`, `image.corrupt`
 */
export async function bareBoot(
  context: Context,
  seen: Observed,
  secrets = seen.applied?.config.secrets ?? [],
): Promise<BootContext> {
  const { project } = context;
  const { vm, identity, applied, process, sightings } = seen;
  if (!identity || !applied || !process) {
    throw new AiVmError('machine.not-running', `${vm} is ${seen.state}`, { vm, fix: `ai-vm up ${vm}` });
  }
  const bundle = await findBundle(project.paths.images, applied.image);
  if (!bundle) throw new AiVmError('image.corrupt', `the image that ${vm} was made from is gone or damaged`, { vm });
  const paths = project.machine(vm);
  const authority = await authorityFor(paths, secrets);
  return {
    ...{ start: 'warm' as const, vm: applied.config, paths, identity, bundle },
    ...(authority && { authority: authority.certificate }),
    ...{ host: await context.capabilities(), runAs: project.runAs, sshPort: applied.sshPort, judged: new Map() },
    chassis: applied.chassis ?? chassisOf(applied.config),
    slots: (sightings.argv ?? []).filter((word) => word.startsWith('virtio-9p-pci,')).length,
    attached: sightings.shares ?? [],
  };
}

/** @throws AiVmError as bareBoot, and what judging its shares throws */
export async function runningBoot(context: Context, seen: Observed): Promise<BootContext> {
  const boot = await bareBoot(context, seen);
  const { vm, paths } = boot;
  const staged = await stageCredentials(vm, paths, context.project.home, context.project.runAs);
  const judged = await judgeShares(context, vm, staged);
  return { ...boot, vm: { ...vm, shares: [...vm.shares, ...staged] }, judged };
}
