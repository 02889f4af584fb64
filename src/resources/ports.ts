import type { PortConfig } from '../model/desired.ts';
import { UNKNOWN, type Resource } from '../model/resource.ts';
import { keyedChanges, part } from './support.ts';

const rule = (port: PortConfig): string => `hostfwd=${port.protocol}:${port.bind}:${port.host}-:${port.guest}`;

/** `127.0.0.1:8080/tcp`: what identifies a forward, its host side. */
const hostSide = (port: PortConfig): string => `${port.bind}:${port.host}/${port.protocol}`;

const byHostSide = (ports: readonly PortConfig[]): Map<string, string> =>
  new Map(ports.map((port) => [hostSide(port), `guest port ${port.guest}`]));

/** A line of the monitor's `info usernet` that tells of a forward: protocol, fd, host address and port, guest address and port. */
const FORWARD = /^\s*(TCP|UDP)\[HOST_FORWARD\]\s+\d+\s+(\S+)\s+(\d+)\s+\S+\s+(\d+)\s/;

/** The forwards that QEMU has, from the text of `info usernet`. `*` is QEMU's word for every address. */
export function parseForwards(usernet: string): PortConfig[] {
  return usernet.split('\n').flatMap((line) => {
    const found = FORWARD.exec(line);
    if (!found) return [];
    const [, protocol, bind, host, guest] = found as unknown as [string, string, string, string, string];
    return [
      {
        protocol: protocol === 'UDP' ? ('udp' as const) : ('tcp' as const),
        bind: bind === '*' ? '0.0.0.0' : bind,
        host: Number(host),
        guest: Number(guest),
      },
    ];
  });
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
    if (seen.usernet === null) return UNKNOWN;
    const forwards = parseForwards(seen.usernet);
    // The first forward is SSH's own, whatever port it got; it is no declared port.
    const ssh = forwards.findIndex((f) => f.guest === 22 && f.bind === '127.0.0.1' && f.protocol === 'tcp');
    return forwards.filter((_, index) => index !== ssh);
  },
  changes: (desired, observed) =>
    keyedChanges('ports', byHostSide(observed), byHostSide(desired), 'reboot', 'ports are forwarded at start'),
};
