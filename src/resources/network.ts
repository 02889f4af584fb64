import type { NetworkConfig, SeenGateway } from '../model/network.ts';
import { networkText } from '../model/network.ts';
import { GATEWAY_FILES } from '../model/gateway.ts';
import type { LiveStep } from '../model/live.ts';
import type { MachinePaths } from '../model/machine.ts';
import { UNKNOWN, type Resource } from '../model/resource.ts';
import { option, part, valueChange } from './support.ts';

/** What is seen of it: null where the machine is not wired to a gateway. */
type Seen = SeenGateway | null;

const stream = (id: string, paths: Pick<MachinePaths, 'run'>, name: string): string =>
  `stream,id=${id},server=on,addr.type=unix,addr.path=${option(`${paths.run}/${name}`)}`;

/**
 * The machine's card as a socket that its gateway connects to, and QEMU's user-mode network, which forwards ports, as another one: what
 * the gateway passes there answers what came from there (gateway/forwards.ts). QEMU listens, so that a gateway may come and go. The
 * user-mode network needs a hub to be on a card that no guest has.
 */
export const gatewayCards = (paths: Pick<MachinePaths, 'run'>): string[] => [
  ...['-netdev', stream('net1', paths, GATEWAY_FILES.guest)],
  ...['-netdev', stream('forward0', paths, GATEWAY_FILES.forward)],
  ...['-netdev', 'hubport,id=hub0,hubid=0,netdev=net0'],
  ...['-netdev', 'hubport,id=hub1,hubid=0,netdev=forward0'],
];

/** `network`: what the gateway lets out. The card itself is made with the ports. */
export const network: Resource<NetworkConfig | undefined, Seen> = {
  name: 'network',
  shown: true,
  desired: (vm) => vm.network,
  boot: () => part({}),
  observe: (seen) => (seen.argv === null ? UNKNOWN : seen.gateway),
  changes: (desired, observed) => {
    const now = observed === null ? 'user-mode' : observed.is === 'gone' ? 'no gateway' : networkText(observed.network);
    const wanted = desired ? networkText(desired) : 'user-mode';
    const wired = observed !== null && desired !== undefined;
    const reason = !wired
      ? 'the card is wired when the machine starts'
      : observed.is === 'gone'
        ? 'its gateway has ended, and nothing goes in or out'
        : '';
    return valueChange('network', now, wanted, wired ? 'live' : 'reboot', reason);
  },
  steps: (_change, desired): LiveStep[] =>
    desired ? [{ do: 'gateway', title: 'change what its gateway lets out', network: desired }] : [],
  adopt: (applied, _change, desired) => ({
    ...applied,
    config: { ...applied.config, ...(desired.network && { network: desired.network }) },
  }),
};
