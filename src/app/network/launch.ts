/** What the gateway of a machine is started with. */
import { bundlePath } from '../../host/code.ts';
import { GATEWAY_FILES, type GatewayLaunch } from '../../model/gateway.ts';
import type { VmConfig } from '../../model/desired.ts';
import type { NetworkConfig } from '../../model/network.ts';
import type { Context } from '../context.ts';

/** As it stands in questions about names. */
const label = ({ hostname }: VmConfig): string => hostname.toLowerCase();

export function gatewayLaunch({ project }: Context, vm: VmConfig, network: NetworkConfig): GatewayLaunch {
  const others = (project.desired?.vms ?? []).filter((each) => each.name !== vm.name);
  const peers = others.map(
    (each) => [label(each), `${project.machine(each.name).run}/${GATEWAY_FILES.control}`] as const,
  );
  return {
    node: process.execPath,
    code: bundlePath('gateway.js'),
    settings: { self: label(vm), network, peers: Object.fromEntries(peers) },
  };
}
