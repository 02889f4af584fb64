/** Longer replies of the guest agent, checked and made fit to be shown. Pure. */
import { nonsense, toBoolean, toInteger, toList, toObject, toShown } from './agent-checks.ts';

export interface Vcpu {
  readonly id: number;
  readonly online: boolean;
  readonly canOffline: boolean;
}

export interface NetworkInterface {
  readonly name: string;
  /** `52:54:00:…`; empty where there is none. */
  readonly mac: string;
  readonly addresses: readonly { readonly type: 'ipv4' | 'ipv6'; readonly address: string; readonly prefix: number }[];
}

/** Bytes over all interfaces but the loopback. */
export interface Traffic {
  readonly received: number;
  readonly sent: number;
}

export function parseTraffic(reply: unknown): Traffic {
  let [received, sent] = [0, 0];
  for (const item of toList(reply, 'guest-network-get-interfaces')) {
    const { name, statistics } = toObject(item, 'interface');
    if (name === 'lo' || statistics === undefined) continue;
    const counts = toObject(statistics, 'statistics');
    received += toInteger(counts['rx-bytes'], 'rx-bytes', 0, Number.MAX_SAFE_INTEGER);
    sent += toInteger(counts['tx-bytes'], 'tx-bytes', 0, Number.MAX_SAFE_INTEGER);
  }
  return { received, sent };
}

/** All texts, empty where the guest does not say. */
export interface OsInfo {
  /** As in os-release: `debian`, `nixos`. */
  readonly id: string;
  readonly versionId: string;
  readonly prettyName: string;
  readonly kernelRelease: string;
  readonly machine: string;
}

/** Sorted by id. */
export function parseVcpus(reply: unknown): Vcpu[] {
  const vcpus = toList(reply, 'guest-get-vcpus').map((item) => {
    const vcpu = toObject(item, 'vcpu');
    return {
      id: toInteger(vcpu['logical-id'], 'logical-id', 0, 65_535),
      online: toBoolean(vcpu['online'], 'online'),
      canOffline: vcpu['can-offline'] === true,
    };
  });
  return vcpus.sort((a, b) => a.id - b.id);
}

export function parseInterfaces(reply: unknown): NetworkInterface[] {
  return toList(reply, 'guest-network-get-interfaces').map((item) => {
    const iface = toObject(item, 'interface');
    return {
      name: toShown(iface['name']),
      mac: toShown(iface['hardware-address']),
      addresses: toList(iface['ip-addresses'] ?? [], 'ip-addresses').map((each) => {
        const address = toObject(each, 'ip-address');
        const type = address['ip-address-type'];
        if (type !== 'ipv4' && type !== 'ipv6') throw nonsense('ip-address-type is neither ipv4 nor ipv6');
        return {
          type,
          address: toShown(address['ip-address']),
          prefix: toInteger(address['prefix'], 'prefix', 0, 128),
        };
      }),
    };
  });
}

export function parseOsInfo(reply: unknown): OsInfo {
  const info = toObject(reply, 'guest-get-osinfo');
  return {
    id: toShown(info['id']),
    versionId: toShown(info['version-id']),
    prettyName: toShown(info['pretty-name']),
    kernelRelease: toShown(info['kernel-release']),
    machine: toShown(info['machine']),
  };
}

/** Nanoseconds → milliseconds since 1970. */
export function parseTime(reply: unknown): number {
  if (typeof reply !== 'number' || !Number.isFinite(reply) || reply < 0) throw nonsense('guest-get-time is no time');
  return Math.floor(reply / 1e6);
}
