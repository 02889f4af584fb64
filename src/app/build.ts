/** `build`: the images alone. */
import { ensureBundle } from '../images/index.ts';
import type { Step } from '../model/plan.ts';
import { requireDesired, type Context } from './context.ts';
import { choose } from './select.ts';
import { desiredImages } from './images.ts';

export interface Built {
  readonly vm: string;
  /** The bundle's directory. */
  readonly dir: string;
}

export async function build(context: Context, names: readonly string[]): Promise<Built[]> {
  const desired = requireDesired(context);
  const chosen = choose(
    names,
    desired.vms.map((vm) => vm.name),
  );
  const vms = desired.vms.filter((vm) => chosen.includes(vm.name));
  const digests = desiredImages(vms);
  const built: Built[] = [];
  for (const vm of vms) {
    const done = built.find((other) => digests.get(other.vm) === digests.get(vm.name));
    if (done) {
      built.push({ vm: vm.name, dir: done.dir });
      continue;
    }
    const step: Step = {
      id: `image:${vm.name}`,
      kind: 'image',
      vm: vm.name,
      needs: [],
      title: `build the image of ${vm.name}`,
    };
    context.emit({ type: 'step-started', step });
    const begin = performance.now();
    const bundle = await ensureBundle(vm.image, {
      imagesDir: context.project.paths.images,
      cacheDir: context.project.paths.cache,
      signal: context.signal,
      progress: (text, fraction) =>
        context.emit({ type: 'step-progress', step, text, ...(fraction === undefined ? {} : { fraction }) }),
    });
    context.emit({ type: 'step-done', step, ms: performance.now() - begin });
    built.push({ vm: vm.name, dir: bundle.dir });
  }
  return built;
}
