import type { PortConfig } from '../model/desired.ts';
import type { ReadMachine } from './machine.ts';
import { addressesOverlap, hostSide } from './ports.ts';
import type { Report } from './source.ts';
import { isFlag, showPath, type Path } from './tree.ts';

interface Claim extends Pick<PortConfig, 'bind' | 'host' | 'protocol'> {
  readonly at: Path;
  readonly vm: string;
  readonly profiles: readonly string[];
}

/** What only one machine of the project can have: a port of the host, a host name. */
export function reportClashes(machines: readonly ReadMachine[], report: Report): void {
  reportPorts(machines, report);
  const names = new Map<string, string>();
  for (const { vm } of machines) {
    const key = vm.hostname.toLowerCase();
    const other = names.get(key);
    if (other === undefined) names.set(key, vm.name);
    else {
      const message = `the machines ${other} and ${vm.name} would both have the host name ${vm.hostname}`;
      report.error(
        'config.duplicate',
        ['vms', vm.name],
        message,
        '`_` becomes `-`, and capital letters do not count. Rename one of them.',
        'key',
      );
    }
  }
}

function reportPorts(machines: readonly ReadMachine[], report: Report): void {
  const claims = new Map<string, Claim[]>();
  for (const claim of machines.flatMap(claimsOf)) {
    const key = `${claim.host}/${claim.protocol}`;
    const others = claims.get(key) ?? [];
    const other = others.find(
      ({ bind, profiles }) => addressesOverlap(bind, claim.bind) && meet(profiles, claim.profiles),
    );
    if (other) reportPort(claim, other, report);
    else claims.set(key, [...others, claim]);
  }
}

function claimsOf({ vm, ports, ssh }: ReadMachine): Claim[] {
  const forwards = ports.map((port) => ({ ...port, at: port.node.at, vm: vm.name, profiles: vm.profiles }));
  // Only a declared port: another one gives way to what is taken.
  if (!ssh) return forwards;
  return [
    { bind: '127.0.0.1', host: vm.ssh.port, protocol: 'tcp', at: ssh.at, vm: vm.name, profiles: vm.profiles },
    ...forwards,
  ];
}

/** Whether machines of these profiles take part together, unless somebody names both. */
const meet = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === 0 || b.length === 0 || a.some((name) => b.includes(name));

function reportPort(claim: Claim, other: Claim, report: Report): void {
  const side = hostSide(claim);
  const many = isFlag(claim.at) ? 'Flags go' : claim.at[0] === 'defaults' ? 'Ports in `defaults` go' : null;
  if (claim.vm !== other.vm && many !== null && showPath(claim.at) === showPath(other.at)) {
    const message = `${showPath(claim.at)}: ${other.vm} and ${claim.vm} would both have ${side} of the host`;
    const hint = isFlag(claim.at) ? 'name the one that it is for' : 'give them to one machine instead';
    report.error('config.duplicate', claim.at, message, `${many} to every machine: ${hint}.`);
    return;
  }
  const taken = `${showPath(other.at)}${other.at[0] === 'defaults' ? ` (for ${other.vm})` : ''}`;
  const message = `${showPath(claim.at)}: ${side} of the host already belongs to ${taken}`;
  report.error('config.duplicate', claim.at, message, 'Choose another port on the host: "HOST:GUEST".');
}
