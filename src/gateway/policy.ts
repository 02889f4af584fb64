/** What a guest may reach, decided by values alone. Pure. */
import {
  closedRange,
  INSIDE,
  namesHost,
  namesPort,
  parseIpv4,
  printIpv4,
  rulesOf,
  type NetworkConfig,
} from '../model/network.ts';

export interface Denied {
  readonly verdict: 'denied';
  /** For people, after "denied: ". */
  readonly reason: string;
  /** What the file would have to name; null where nothing would help. */
  readonly add: string | null;
}

export type Judgement =
  | Denied
  /** A service of the host's loopback. */
  | { readonly verdict: 'host' }
  | { readonly verdict: 'direct'; readonly name: string | null }
  /**
   * By one of these names, which what it says first has to agree with. `strict`: it has to be TLS or HTTP, which say a name at all;
   * otherwise only what is one of these is held to it.
   */
  | { readonly verdict: 'named'; readonly names: readonly string[]; readonly strict: boolean };

export interface Surroundings {
  /** Names that resolved to this address lately. */
  readonly names: readonly string[];
  /** The address is one of this host's own cards. */
  readonly isOwn: boolean;
}

const gateway = parseIpv4(INSIDE.gateway) ?? 0;
const inside = parseIpv4(INSIDE.network) ?? 0;

/** Whether an address is of the machine's own network, where only the gateway and its peers are. */
export const isInside = (address: number): boolean => address >= inside && address < inside + 256;

const denied = (reason: string, add: string | null = null): Denied => ({ verdict: 'denied', reason, add });

/** A TCP connection to an address. Other machines of the project apart: see peers.ts. */
export function judgeConnection(
  network: NetworkConfig,
  address: number,
  port: number,
  { names, isOwn }: Surroundings,
): Judgement {
  const { egress } = network;
  if (address === gateway) return judgeHost(network, port);
  if (isInside(address)) return denied('there is nobody at this address');
  const closed = closedRange(address);
  if (closed !== null) return denied(`its address is of ${closed}, which is never reached`);
  if (isOwn) return denied('its address is one of this host’s own', `allow_host: ["${port}"]`);
  if (egress.kind === 'open') return { verdict: 'direct', name: names.at(-1) ?? null };
  const literal = printIpv4(address);
  const rules = rulesOf(egress).filter((rule) => namesPort(rule, port));
  if (rules.some((rule) => rule.host === literal)) return { verdict: 'direct', name: null };
  const allowed = names.filter((name) => rules.some((rule) => namesHost(rule, name)));
  if (allowed.length > 0) return { verdict: 'named', names: allowed, strict: port === 80 || port === 443 };
  const name = names.at(-1);
  if (name !== undefined) return denied(`port ${port} of it is not allowed`, ruleFor(name, port));
  return denied('it is an address that no allowed name stands for', ruleFor(literal, port));
}

function judgeHost({ hostLoopback, allowHost }: NetworkConfig, port: number): Judgement {
  if (hostLoopback || allowHost.includes(port)) return { verdict: 'host' };
  return denied(`port ${port} of the host is closed`, `allow_host: ["${port}"]`);
}

/** As a rule of the file. */
export const ruleFor = (host: string, port: number): string => (port === 80 || port === 443 ? host : `${host}:${port}`);

/** Whether a name is asked for on the host at all: what nobody may reach is not even asked about, or questions would carry news out. */
export function judgeName({ egress }: NetworkConfig, name: string): { readonly verdict: 'asked' } | Denied {
  if (egress.kind === 'open') return { verdict: 'asked' };
  if (rulesOf(egress).some((rule) => namesHost(rule, name))) return { verdict: 'asked' };
  return denied('no allowed name', name);
}

/** The addresses of an answer that a guest may have at all. */
export const publicAddresses = (addresses: readonly number[], isOwn: (address: number) => boolean): number[] =>
  addresses.filter((address) => closedRange(address) === null && !isOwn(address));

/** Datagrams leave only where everything may. */
export function judgeDatagram(
  { egress }: NetworkConfig,
  address: number,
  { isOwn }: Pick<Surroundings, 'isOwn'>,
): { readonly verdict: 'direct' } | Denied {
  if (isInside(address)) return denied('there is nobody at this address');
  const closed = closedRange(address);
  if (closed !== null) return denied(`its address is of ${closed}, which is never reached`);
  if (isOwn) return denied('its address is one of this host’s own');
  return egress.kind === 'open' ? { verdict: 'direct' } : denied('only TCP leaves to what is named');
}
