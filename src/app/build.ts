/** `build`: the images alone. */
import { findBundle, verifyBundle } from '../images/index.ts';
import { EXIT } from '../model/errors.ts';
import { execute } from '../reconcile/execute.ts';
import { planBuild } from '../reconcile/plan.ts';
import { requireDesired, type Context } from './context.ts';
import { desiredImages } from './images.ts';
import { chooseDeclared } from './select.ts';
import { makeHandlers } from './steps/index.ts';

export interface Built {
  readonly exitCode: number;
  /** Bundles by machine, sorted; checked against their digests. */
  readonly images: readonly { readonly vm: string; readonly dir: string }[];
}

/** @throws AiVmError image.corrupt when what is in the cache is not what was built */
export async function build(context: Context, names: readonly string[]): Promise<Built> {
  const desired = requireDesired(context);
  const chosen = await chooseDeclared(context, names);
  const vms = desired.vms.filter((vm) => chosen.includes(vm.name));
  const digests = desiredImages(vms);
  await context.prepare();
  const handlers = makeHandlers(context, {
    ...{ vms, observed: new Map(), images: digests },
    ...{ wait: true, timeout: null, grace: null, lock: null },
  });
  const plan = planBuild(desired.name, digests);
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
