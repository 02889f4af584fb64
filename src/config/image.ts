/** `image` and `packages`: what a machine's image is made from. */
import type { AgentName, FlakeConfig, ImageConfig, NixosImage, ProviderName, ShareConfig } from '../model/desired.ts';
import { FLAKE_FORM, parseFlake } from '../model/flake.ts';
import { HOST_STORE } from '../model/host-store.ts';
import { valueOr } from './health.ts';
import { checkNixPackage, checkPackage } from './names.ts';
import { fault, ok, quote, type Outcome } from './outcome.ts';
import { hostPath, type Places } from './shares.ts';
import type { Report } from './source.ts';
import { entry, showPath, toJson, type Node } from './tree.ts';

export interface ImageFields {
  readonly image: Node | undefined;
  readonly packages: Node | undefined;
  readonly agents: readonly AgentName[];
  readonly user: string;
  readonly audio: boolean;
  readonly desktop: boolean;
}

export interface ImageContext {
  readonly report: Report;
  readonly placesOf: (node: Node) => Places;
  /** What a machine that declares no image has. */
  readonly provider: ProviderName;
}

/** The provider that the file names; null: it names none. Any key of a mapping is one of NixOS. */
export function declaredProvider(image: Node | undefined): ProviderName | null {
  if (image?.kind === 'scalar') return image.value === 'nixos' ? 'nixos' : 'debian';
  return image?.kind === 'map' && image.entries.size > 0 ? 'nixos' : null;
}

export function readImage(fields: ImageFields, context: ImageContext): ImageConfig {
  const provider = declaredProvider(fields.image) ?? context.provider;
  const agents = [...fields.agents].sort();
  if (provider === 'debian') {
    return { provider, packages: readPackages(fields, 'debian', context.report), agents, desktop: fields.desktop };
  }
  const { image } = fields;
  const flake = readFlake(entry(image, 'flake'), context);
  const packages = readPackages(fields, 'nixos', context.report);
  const store = entry(image, 'store');
  const nixos: NixosImage = {
    ...{ provider, packages, agents, flake, user: fields.user, audio: fields.audio, desktop: fields.desktop },
    modules: readModules(entry(image, 'modules'), context),
    store: store?.kind === 'scalar' && store.value === 'host' ? 'host' : 'image',
  };
  if (flake?.output !== undefined && flake.output !== null) reportVain(fields, nixos, context.report);
  return nixos;
}

/** A guest that a flake makes by itself is not added to: what would be ignored is said. */
function reportVain({ image, packages }: ImageFields, nixos: NixosImage, report: Report): void {
  const vain: [Node | undefined, boolean][] = [
    [entry(image, 'modules'), nixos.modules.length > 0],
    [entry(image, 'store'), entry(image, 'store') !== undefined],
    [entry(packages, 'nixos'), nixos.packages.length > 0],
  ];
  for (const [node, given] of vain) {
    if (!node || !given) continue;
    const message = `${showPath(node.at)}: a flake with an output makes the whole guest by itself`;
    report.error('config.value', node.at, message, 'Put it into that flake, or name the flake without #output.', 'key');
  }
}

const items = (node: Node | undefined): readonly Node[] => (node?.kind === 'list' ? node.items : []);

function readPackages({ packages }: ImageFields, provider: ProviderName, report: Report): string[] {
  const check = provider === 'debian' ? checkPackage : checkNixPackage;
  const names = items(entry(packages, provider)).flatMap(
    (item) => valueOr<string | null>(null, check(String(toJson(item))), item, report) ?? [],
  );
  // The same one may come from `defaults`.
  return [...new Set(names)].sort();
}

function readModules(node: Node | undefined, { report, placesOf }: ImageContext): string[] {
  const paths = items(node).flatMap(
    (item) => valueOr<string | null>(null, modulePath(String(toJson(item)), placesOf(item)), item, report) ?? [],
  );
  return [...new Set(paths)];
}

function modulePath(text: string, places: Places): Outcome<string> {
  if (/\p{Cc}/u.test(text)) return fault(`${quote(text)} is not a plain path`, 'Without control characters.');
  if (!text.endsWith('.nix')) return fault(`${quote(text)} is not a NixOS module`, 'Name a file such as ./my.nix.');
  if (/^\/nix\/store\/|^[a-z+]+:/.test(text)) {
    return fault(
      `${quote(text)} is not a file of this host's`,
      'Name a file such as ./my.nix, or a flake with `flake`.',
    );
  }
  return hostPath(text, places);
}

function readFlake(node: Node | undefined, { report, placesOf }: ImageContext): FlakeConfig | null {
  if (node?.kind !== 'scalar') return null;
  return valueOr<FlakeConfig | null>(null, flakeOf(String(node.value), placesOf(node)), node, report);
}

function flakeOf(text: string, places: Places): Outcome<FlakeConfig> {
  const found = parseFlake(text);
  if (!found) return fault(`${quote(text)} is not a flake that can be used here`, FLAKE_FORM);
  const { kind, place, output } = found;
  if (kind === 'remote') return ok({ kind, ref: place, output });
  const path = hostPath(place, places);
  return 'fault' in path ? path : ok({ kind, ref: path.value, output });
}

/** A guest that reads the host's store has it as a share: what the host holds is asked for like any other directory. */
export const withStore = (shares: readonly ShareConfig[], image: ImageConfig): readonly ShareConfig[] =>
  image.provider === 'nixos' && image.store === 'host' ? [...shares, HOST_STORE] : shares;
