import type { ImageConfig } from '../model/desired.ts';
import { UNKNOWN, type Resource } from '../model/resource.ts';
import { keyedChanges, part, valueChange } from './support.ts';

const set = (names: readonly string[]): Map<string, string> => new Map(names.map((name) => [name, 'in the image']));

const WHY = 'another image means a new disk: what is on the old one is lost';

/** `image`, `packages` and the software of `agents`: what the disk was made from. */
export const image: Resource<ImageConfig> = {
  name: 'image',
  desired: (vm) => vm.image,
  boot: (_image, { bundle }) =>
    part({
      argv: [
        ...['-kernel', `${bundle.dir}/${bundle.manifest.boot.kernel}`],
        ...['-initrd', `${bundle.dir}/${bundle.manifest.boot.initrd}`],
      ],
      params: bundle.manifest.boot.params,
    }),
  observe: (_seen, applied) => applied?.image ?? UNKNOWN,
  changes: (desired, observed) => [
    ...valueChange('image', observed.provider, desired.provider, 'recreate', WHY),
    ...keyedChanges('packages', set(observed.packages), set(desired.packages), 'recreate', WHY),
    ...keyedChanges('agents', set(observed.agents), set(desired.agents), 'recreate', WHY),
  ],
};
