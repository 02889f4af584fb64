import { ensureBundle } from '../../images/index.ts';
import type { Step } from '../../model/plan.ts';
import type { StepContext } from '../../reconcile/execute.ts';
import type { Context } from '../context.ts';
import { placeOf } from '../images.ts';
import { imagesInUse } from '../in-use.ts';
import { configOf, type Run } from './run.ts';

/** Finds the image in the cache, or builds it: once per content, whoever else is building. */
export async function imageStep(context: Context, run: Run, step: Step, at: StepContext): Promise<void> {
  const { images, cache } = context.project.paths;
  const bundle = await ensureBundle(configOf(run, step.vm).image, run.images.get(step.vm) ?? '', {
    place: placeOf(context),
    inUse: () => imagesInUse(context.project.env),
    imagesDir: images,
    cacheDir: cache,
    signal: at.signal,
    progress: at.progress,
  });
  run.bundles.set(bundle.manifest.digest, bundle);
}
