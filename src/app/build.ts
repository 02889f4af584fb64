/** `build`: the images, and the templates that machines start from. */
import { findBundle, verifyBundle } from '../images/bundle.ts';
import { removeImage } from '../images/remove.ts';
import type { VmConfig } from '../model/desired.ts';
import { EXIT } from '../model/errors.ts';
import { execute } from '../reconcile/execute.ts';
import { planBuild } from '../reconcile/plan.ts';
import { requireConsentToSources } from './approvals.ts';
import { requireDesired, type Context } from './context.ts';
import { fixFlakes, updateFlakes } from './flakes.ts';
import { requireUnused } from './image-users.ts';
import { desiredImages } from './images.ts';
import { chooseToStart } from './select.ts';
import { makeHandlers } from './steps/index.ts';

export interface Built {
  readonly exitCode: number;
  /** Bundles by machine, sorted; checked against their digests. */
  readonly images: readonly { readonly vm: string; readonly dir: string }[];
}

/** Before any is removed, none may be in use. */
async function forgetImages({ project, signal }: Context, digests: ReadonlySet<string>): Promise<void> {
  for (const digest of digests) await requireUnused(digest, project.env);
  for (const digest of digests) await removeImage(project.paths.images, digest, signal);
}

export interface BuildOptions {
  /** Images that are there are made anew. */
  readonly fresh: boolean;
  /** Remote flakes are taken as they are now. What they were stays when no image can be made of that. */
  readonly update: boolean;
}

/** @throws AiVmError image.in-use; image.corrupt when what is in the cache is not what was built */
export async function build(context: Context, names: readonly string[], options: BuildOptions): Promise<Built> {
  const desired = requireDesired(context);
  const chosen = await chooseToStart(context, names);
  const vms = desired.vms.filter((vm) => chosen.includes(vm.name));
  await requireConsentToSources(context, vms);
  await context.prepare();
  const takeBack = options.update ? await updateFlakes(context, vms) : () => Promise.resolve();
  try {
    const built = await make(context, vms, options.fresh);
    if (built.exitCode !== EXIT.ok) await takeBack();
    return built;
  } catch (error) {
    await takeBack();
    throw error;
  }
}

async function make(context: Context, vms: readonly VmConfig[], fresh: boolean): Promise<Built> {
  await fixFlakes(context, vms);
  const digests = await desiredImages(context, vms);
  if (fresh) await forgetImages(context, new Set(digests.values()));
  const handlers = makeHandlers(context, {
    ...{ vms, observed: new Map(), images: digests, templates: new Map() },
    ...{ wait: true, timeout: null, grace: null, lock: null },
  });
  const plan = planBuild(
    requireDesired(context).name,
    digests,
    new Set(vms.filter((vm) => vm.warm).map((vm) => vm.name)),
  );
  const outcome = await execute(plan, handlers, context.emit, context.signal, () => performance.now());
  const failure = [...outcome.failed.values()][0];
  if (failure) return { exitCode: failure.exitCode, images: [] };
  const bundles = new Map<string, string>();
  for (const digest of new Set(digests.values())) {
    const bundle = await findBundle(context.project.paths.images, digest);
    if (!bundle) continue;
    await verifyBundle(bundle, context.signal);
    bundles.set(digest, bundle.dir);
  }
  return {
    exitCode: EXIT.ok,
    images: vms.map(({ name }) => ({ vm: name, dir: bundles.get(digests.get(name)!) ?? '' })),
  };
}
