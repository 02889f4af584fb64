import type { ImageConfig, NixosImage } from '../model/desired.ts';
import type { Change } from '../model/plan.ts';
import { UNKNOWN, type Resource } from '../model/resource.ts';
import { IMAGE_CHANGES as WHY, inImage, keyedChanges, part, valueChange } from './support.ts';

/** What was recorded before there were desktops does not say. */
const software = (there: boolean | undefined): string => (there === true ? 'in the image' : 'none');

const NO_FLAKE = 'none';

const flakeText = ({ flake }: NixosImage): string =>
  flake ? [flake.ref, ...(flake.output === null ? [] : [flake.output])].join('#') : NO_FLAKE;

/** Of two NixOS images; what else they are made from shows in their digests. */
function sourceChanges(desired: ImageConfig, observed: ImageConfig): Change[] {
  if (desired.provider !== 'nixos' || observed.provider !== 'nixos') return [];
  return [
    ...valueChange('flake', flakeText(observed), flakeText(desired), 'recreate', WHY),
    ...keyedChanges('modules', inImage(observed.modules), inImage(desired.modules), 'recreate', WHY),
    ...valueChange('store', observed.store, desired.store, 'recreate', WHY),
  ];
}

/** `image` and the software of `agents`: what the disk was made from. */
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
    ...sourceChanges(desired, observed),
    ...valueChange('desktop', software(observed.desktop), software(desired.desktop), 'recreate', WHY),
    ...keyedChanges('agents', inImage(observed.agents), inImage(desired.agents), 'recreate', WHY),
  ],
};
