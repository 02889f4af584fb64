import type { PortConfig } from '../model/desired.ts';
import { UNKNOWN, type Resource } from '../model/resource.ts';
import { keyedChanges, part } from './support.ts';

const rule = (port: PortConfig): string => `hostfwd=${port.protocol}:${port.bind}:${port.host}-:${port.guest}`;

/** `127.0.0.1:8080/tcp`: what identifies a forward, its host side. */
const hostSide = (port: PortConfig): string => `${port.bind}:${port.host}/${port.protocol}`;

const byHostSide = (ports: readonly PortConfig[]): Map<string, string> =>
  new Map(ports.map((port) => [hostSide(port), `guest port ${port.guest}`]));

/** The host port of SSH in the arguments of a running machine: its forward is the first one. */
export function sshPortOf(argv: readonly string[]): number | null {
  const netdev = argv.find((argument) => argument.startsWith('user,id=net0,'));
  const found = /hostfwd=tcp:127\.0\.0\.1:(\d+)-:22(?:,|$)/.exec(netdev ?? '');
  return found ? Number(found[1]) : null;
}

/**
 * `ports` and the machine's network card: user-mode networking, no root, forwards on the host's loopback unless the file
 * says otherwise. SSH is one more forward; its host port is chosen before.
 */
export const ports: Resource<readonly PortConfig[]> = {
  name: 'ports',
  desired: (vm) => vm.ports,
  boot: (list, { identity, sshPort }) => {
    const ssh: PortConfig = { protocol: 'tcp', bind: '127.0.0.1', host: sshPort, guest: 22 };
    const netdev = ['user', 'id=net0', 'ipv6=off', ...[ssh, ...list].map(rule)];
    return part({
      argv: [
        ...['-netdev', netdev.join(',')],
        ...['-device', `virtio-net-pci,id=nic0,netdev=net0,mac=${identity.mac},romfile=`],
      ],
    });
  },
  observe: (seen) => {
    if (seen.forwards === null) return UNKNOWN;
    const ssh = sshPortOf(seen.argv ?? []);
    return seen.forwards.filter((f) => !(f.host === ssh && f.protocol === 'tcp' && f.bind === '127.0.0.1'));
  },
  changes: (desired, observed) =>
    keyedChanges('ports', byHostSide(observed), byHostSide(desired), 'reboot', 'ports are forwarded at start'),
};
