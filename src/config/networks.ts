import { closest } from '../model/closest.ts';
import { DEFAULT_NETWORK, type NetworkConfig } from '../model/network.ts';
import { quote } from './outcome.ts';
import type { Report } from './source.ts';
import { entry, showPath, type Node } from './tree.ts';

/** A network that a machine is on, with its place in the file. */
export interface PlacedNetwork {
  readonly network: string;
  readonly node: Node;
}

/** `networks` of a machine in its canonical form, sorted; none: it is on the default one. */
export const readNetworks = (node: Node | undefined): PlacedNetwork[] =>
  node?.kind === 'map'
    ? [...node.entries]
        .map(([network, item]) => ({ network, node: item }))
        .sort((a, b) => (a.network < b.network ? -1 : 1))
    : [];

/** Names that `networks` of a file declares. */
export const declaredNetworks = (root: Node): string[] => {
  const node = entry(root, 'networks');
  return node?.kind === 'map' ? [...node.entries.keys()] : [];
};

/** What a machine may reach, with the networks that it is on. On that of the host it is on none of the project's. */
export function withNetworks(
  network: NetworkConfig | undefined,
  placed: readonly PlacedNetwork[],
  report: Report,
): NetworkConfig | undefined {
  const [first] = placed;
  if (!first) return network;
  if (!network) {
    const { at } = first.node;
    report.error(
      'config.value',
      at,
      `${showPath(at)}: a machine with \`network: host\` is on no network of the project`,
      'Take one of the two out.',
    );
    return network;
  }
  const networks = placed.map((each) => each.network);
  return networks.length === 1 && networks[0] === DEFAULT_NETWORK ? network : { ...network, networks };
}

/** Networks that machines are on must be declared; the default one need not be. */
export function reportNetworks(placed: readonly PlacedNetwork[], declared: ReadonlySet<string>, report: Report): void {
  const known = [...new Set([...declared, DEFAULT_NETWORK])];
  for (const { network, node } of placed) {
    if (known.includes(network)) continue;
    const near = closest(network, known);
    report.error(
      'config.unknown-network',
      node.at,
      `${showPath(node.at)}: there is no network ${quote(network)}`,
      near === undefined ? `Declare it: \`networks: {${network}: {}}\` beside \`vms\`.` : `Did you mean ${near}?`,
    );
  }
}
