import type { PortConfig } from '../model/desired.ts';
import type { ForwardAt, HostSide } from '../model/host-side.ts';
import type { HostCheck, HostStep, LiveStep } from '../model/live.ts';
import { UNKNOWN, type Resource } from '../model/resource.ts';
import { gatewayCards } from './network.ts';
import { adoptEntry, keyedChanges, part } from './support.ts';

const rule = (port: PortConfig): string => `hostfwd=${port.protocol}:${port.bind}:${port.host}-:${port.guest}`;

/** `127.0.0.1:8080/tcp`: what identifies a forward, its host side. */
export const hostSide = (port: HostSide): string => `${port.bind}:${port.host}/${port.protocol}`;

const byHostSide = (ports: readonly PortConfig[]): Map<string, string> =>
  new Map(ports.map((port) => [hostSide(port), `guest port ${port.guest}`]));

/** One that leads elsewhere is another: QEMU refuses a second at the same place, and says so. */
const forwarded = (at: ForwardAt): HostCheck => ({ is: 'forwarded', ...at });

const add = (port: PortConfig): HostStep => ({
  title: `forward ${hostSide(port)}`,
  unless: forwarded(port),
  act: { via: 'hmp', line: `hostfwd_add net0 ${port.protocol}:${port.bind}:${port.host}-:${port.guest}` },
});

export const forward = (port: PortConfig): LiveStep & { readonly do: 'host' } => ({ do: 'host', ...add(port) });

export const unforward = (port: ForwardAt): LiveStep & { readonly do: 'host' } => ({
  do: 'host',
  title: `stop forwarding ${hostSide(port)}`,
  unless: { is: 'not', check: forwarded(port) },
  act: { via: 'hmp', line: `hostfwd_remove net0 ${port.protocol}:${port.bind}:${port.host}`, says: 'removed' },
});

/**
 * `ports` and the machine's network card: user-mode networking, no root, forwards on the host's loopback unless the file
 * says otherwise. SSH is one more forward; its host port is chosen before. Where the machine has a gateway, that network only
 * forwards, and the card is wired to the gateway.
 */
export const ports: Resource<readonly PortConfig[]> = {
  name: 'ports',
  shown: true,
  ofHost: true,
  desired: (vm) => vm.ports,
  boot: (list, { vm, paths, identity, sshPort, start }) => {
    const ssh: PortConfig = { protocol: 'tcp', bind: '127.0.0.1', host: sshPort, guest: 22 };
    const netdev = ['user', 'id=net0', 'ipv6=off', ...[ssh, ...(start === 'warm' ? [] : list)].map(rule)];
    return part({
      argv: [
        ...['-netdev', netdev.join(',')],
        ...(vm.network ? gatewayCards(paths) : []),
        ...['-device', `virtio-net-pci,id=nic0,netdev=${vm.network ? 'net1' : 'net0'},mac=${identity.mac},romfile=`],
      ],
    });
  },
  live: (list) => ({ host: list.map(add) }),
  observe: (seen) => seen.forwards?.filter((each) => !isSsh(each, seen.sshPort)) ?? UNKNOWN,
  changes: (desired, observed) => keyedChanges('ports', byHostSide(observed), byHostSide(desired), 'live', ''),
  claims: (desired) => desired,
  held: (observed) => observed,
  steps: ({ key }, desired, { seen, sshPort }) => {
    const is = (port: PortConfig): boolean => hostSide(port) === key;
    const there = (seen.forwards ?? []).filter((port) => is(port) && !isSsh(port, sshPort));
    return [...there.map(unforward), ...desired.filter(is).map(forward)];
  },
  adopt: (applied, { key = '' }, { ports: after }) => ({
    ...applied,
    config: { ...applied.config, ports: adoptEntry(applied.config.ports, after, key, hostSide) },
  }),
};

/** What takes the place of the way to sshd, but leads elsewhere, is no such way. */
const isSsh = ({ protocol, bind, host, guest }: PortConfig, port: number | null): boolean =>
  host === port && protocol === 'tcp' && bind === '127.0.0.1' && guest === 22;
