import type { ImageConfig, VmConfig } from '../model/desired.ts';
import type { LiveStep } from '../model/live.ts';
import type { Applied } from '../model/machine.ts';
import type { Change } from '../model/plan.ts';
import { UNKNOWN, type Resource } from '../model/resource.ts';
import { IMAGE_CHANGES, inImage, keyedChanges, part } from './support.ts';

interface Packages {
  readonly image: ImageConfig;
  readonly overlay: boolean;
}

const packagesOf = ({ image, overlay }: VmConfig): Packages => ({ image, overlay });

const NAME = 'packages';

const STAYS = 'what is on a disk stays on it: only a new one is without it, and what is on the old one is lost';
const HERE = 'the guest installs it';

/** Debian's can be added to a disk that is kept; NixOS is built as a whole, and a machine that forgets has its image alone. */
function changeOf(change: Change, desired: Packages, observed: Packages): Change {
  const added = change.before === 'none';
  const debian = desired.image.provider === 'debian' && observed.image.provider === 'debian';
  if (!debian || desired.overlay) return change;
  if (!added) return observed.overlay ? change : { ...change, reason: STAYS };
  // One that has forgotten up to now has a disk that is kept from its next start on.
  return { ...change, class: observed.overlay ? 'reboot' : 'live', after: 'installed', reason: HERE };
}

/** Others that are new come along where all can be had: so it takes one run of apt, and one that cannot be had is in nobody's way. */
function stepsOf({ key = '' }: Change, desired: readonly string[], had: readonly string[]): LiveStep[] {
  if (!desired.includes(key)) {
    const keep = [...new Set([...desired, ...had])].sort();
    return [{ do: 'take-back', title: 'take back what was half installed', keep }];
  }
  const others = desired.filter((name) => name !== key && !had.includes(name));
  return [{ do: 'install', title: `install ${key}`, name: key, others }];
}

const withPackage = (packages: readonly string[], name: string): string[] => [...new Set([...packages, name])].sort();

function adopted(applied: Applied, { key = '' }: Change, desired: VmConfig): Applied {
  const { config, installed = [] } = applied;
  const { image } = config;
  if (!desired.image.packages.includes(key) || image.packages.includes(key)) return applied;
  // Others that have come along are not recorded yet: until they are, they count as begun.
  const others = desired.image.packages.filter((name) => name !== key && !image.packages.includes(name));
  const begun = (applied.begun ?? []).filter(({ resource, key: of = '' }) => resource !== NAME || !others.includes(of));
  return {
    ...applied,
    config: { ...config, image: { ...image, packages: withPackage(image.packages, key) } },
    installed: withPackage(installed, key),
    begun: [...begun, ...others.map((name) => ({ resource: NAME, field: `${NAME} ${name}`, key: name }))],
  };
}

/** `packages`: in the image, or installed by the guest of a disk that was made without them. */
export const packages: Resource<Packages> = {
  name: NAME,
  onDisk: true,
  desired: packagesOf,
  boot: () => part({}),
  observe: (_seen, applied) => (applied ? packagesOf(applied) : UNKNOWN),
  changes: (desired, observed) =>
    keyedChanges(
      NAME,
      inImage(observed.image.packages),
      inImage(desired.image.packages),
      'recreate',
      IMAGE_CHANGES,
    ).map((change) => changeOf(change, desired, observed)),
  steps: (change, desired, { applied }) => stepsOf(change, desired.image.packages, applied.image.packages),
  adopt: adopted,
};
