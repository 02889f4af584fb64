/**
 * What a machine may reach, as its file says it, and the addresses that nobody may. Pure. A machine is wired to a gateway of its
 * own, which holds to this; one without (`network: host`) has QEMU's user-mode network.
 */

import type { GatewaySecretState } from './secrets.ts';

/** `host` is a name in lower case, `*.` and a name for everything below it, or an IPv4 address; without a port: 80 and 443. */
export interface EgressRule {
  readonly host: string;
  readonly port: number | null;
}

export type PresetName = 'claude' | 'npm' | 'pypi' | 'debian' | 'nix' | 'git';

export type Egress =
  /** Every public address. */
  | { readonly kind: 'open' }
  /** What is named, and nothing where nothing is. Presets sorted, rules in the order of the file without repetition. */
  | { readonly kind: 'only'; readonly allow: readonly EgressRule[]; readonly presets: readonly PresetName[] };

export interface NetworkConfig {
  /** Whether the guest reaches all that listens on the host's loopback, at 10.0.2.2. */
  readonly hostLoopback: boolean;
  /** TCP ports of the host's loopback that it reaches all the same; sorted. */
  readonly allowHost: readonly number[];
  readonly egress: Egress;
  /** Networks of the project that it is on, sorted; not there: the one that machines are on which name none. */
  readonly networks?: readonly string[];
}

/** The network of machines that name none, as in Compose. */
export const DEFAULT_NETWORK = 'default';

export const networksOf = ({ networks = [DEFAULT_NETWORK] }: Pick<NetworkConfig, 'networks'>): readonly string[] =>
  networks;

/** Whether machines on these networks see each other. */
export const meet = (some: readonly string[], others: readonly string[]): boolean =>
  some.some((network) => others.includes(network));

/** What the names of presets stand for. A newer version may know others: a preset is what its name says, and not a list. */
export const PRESETS: Readonly<Record<PresetName, readonly EgressRule[]>> = {
  claude: rules('api.anthropic.com', 'platform.claude.com', 'claude.ai', 'statsig.anthropic.com', 'sentry.io'),
  npm: rules('registry.npmjs.org'),
  pypi: rules('pypi.org', 'files.pythonhosted.org'),
  debian: rules('deb.debian.org', 'security.debian.org', 'snapshot.debian.org'),
  nix: rules('cache.nixos.org', 'channels.nixos.org', 'releases.nixos.org', 'tarballs.nixos.org'),
  git: [
    ...rules('github.com', 'codeload.github.com', 'objects.githubusercontent.com', 'raw.githubusercontent.com'),
    ...rules('api.github.com', 'gitlab.com', 'bitbucket.org', 'codeberg.org'),
    ...['github.com', 'gitlab.com', 'bitbucket.org', 'codeberg.org'].map((host) => ({ host, port: 22 })),
  ],
};

function rules(...hosts: string[]): EgressRule[] {
  return hosts.map((host) => ({ host, port: null }));
}

/** All that is named, the presets' hosts among them. */
export const rulesOf = (egress: Egress): readonly EgressRule[] =>
  egress.kind === 'open' ? [] : [...egress.allow, ...egress.presets.flatMap((preset) => PRESETS[preset])];

export const sameRule = (a: EgressRule, b: EgressRule): boolean => a.host === b.host && a.port === b.port;

/** As in the file: `github.com:22`. */
export const ruleText = ({ host, port }: EgressRule): string => (port === null ? host : `${host}:${port}`);

/** One line for people, and what tells one policy from another: `host closed, egress api.example.org, npm`. */
export function networkText({ hostLoopback, allowHost, egress, networks }: NetworkConfig): string {
  const host = hostLoopback ? 'open' : allowHost.length > 0 ? allowHost.join(', ') : 'closed';
  const on = networks ? `, on ${networks.join(', ')}` : '';
  return `host ${host}, egress ${egressText(egress)}${on}`;
}

export function egressText(egress: Egress): string {
  if (egress.kind === 'open') return 'open';
  const named = [...egress.allow.map(ruleText), ...egress.presets];
  return named.length === 0 ? 'none' : named.join(', ');
}

/** The four numbers of an address as one, or null. No short or octal forms: `127.1` is a name to us, and no address. */
export function parseIpv4(text: string): number | null {
  const found = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (!found) return null;
  const parts = found.slice(1).map(Number);
  if (parts.some((part, n) => part > 255 || String(part) !== found[n + 1])) return null;
  return parts.reduce((address, part) => address * 256 + part, 0);
}

export const printIpv4 = (address: number): string =>
  [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.');

/** Ranges that are not for everybody (RFC 6890 and what came after), each with what it is, for people. */
const CLOSED: readonly (readonly [base: string, bits: number, what: string])[] = [
  ['0.0.0.0', 8, 'this network'],
  ['10.0.0.0', 8, 'a private range'],
  ['100.64.0.0', 10, 'a private range'],
  ['127.0.0.0', 8, 'the loopback'],
  ['169.254.0.0', 16, 'the link-local range, where clouds keep their metadata'],
  ['172.16.0.0', 12, 'a private range'],
  ['192.0.0.0', 24, 'a reserved range'],
  ['192.0.2.0', 24, 'a range for documentation'],
  ['192.88.99.0', 24, 'a reserved range'],
  ['192.168.0.0', 16, 'a private range'],
  ['198.18.0.0', 15, 'a range for benchmarks'],
  ['198.51.100.0', 24, 'a range for documentation'],
  ['203.0.113.0', 24, 'a range for documentation'],
  ['224.0.0.0', 4, 'for many at once'],
  ['240.0.0.0', 4, 'a reserved range'],
  // Azure's host, which answers every guest of theirs, at an address that looks like any other.
  ['168.63.129.16', 32, 'a cloud’s metadata'],
];

const PARSED = CLOSED.map(([base, bits, what]) => ({
  base: parseIpv4(base) ?? 0,
  size: 2 ** (32 - bits),
  what,
}));

/** Why an address is never reached, for people; null: it is public. */
export function closedRange(address: number): string | null {
  return PARSED.find(({ base, size }) => address >= base && address < base + size)?.what ?? null;
}

/** Whether a rule names this host. A name below `*.example.org` has at least one label more. */
export const namesHost = (rule: EgressRule, host: string): boolean =>
  rule.host.startsWith('*.')
    ? host.endsWith(rule.host.slice(1)) && host.length > rule.host.length - 1
    : rule.host === host;

/** Whether a rule is for this port. */
export const namesPort = ({ port }: EgressRule, wanted: number): boolean =>
  port === null ? wanted === 80 || wanted === 443 : port === wanted;

/** Addresses inside of every machine's network, which is its own alone. */
export const INSIDE = {
  network: '10.0.2.0',
  guest: '10.0.2.15',
  /** The way out; the host's services are here, as far as they are open. */
  gateway: '10.0.2.2',
  names: '10.0.2.3',
  /** Other machines of the project get addresses from here on. */
  peers: '10.0.2.32',
  peerCount: 200,
} as const;

/** The name by which a guest reaches what is open of the host. */
export const HOST_NAME = 'host.internal';

/** What a running gateway tells of itself; the answer to `state`. */
export interface GatewayState {
  readonly version: 1;
  readonly network: NetworkConfig;
  /** Connections that are open through it now. */
  readonly connections: number;
  readonly counters: GatewayCounters;
  /** What it puts into requests, without the values; not there: a gateway of an older version, which knows none. */
  readonly secrets?: readonly GatewaySecretState[];
}

export interface GatewayCounters {
  /** Connections, datagrams' flows and names that were let through, and those that were not. */
  readonly allowed: number;
  readonly denied: number;
  /** Bytes of what connections carried, out of the guest and into it; the forwarded ports apart. */
  readonly sent: number;
  readonly received: number;
}

/** Something that was refused and could be allowed; one of the answer to `refusals`. */
export interface Refusal {
  /** Name or address, with its port where one was asked for: `github.com:22`. */
  readonly target: string;
  /** What to add to the file. */
  readonly add: string;
}

/** As it would stand in the file, for what a gateway says that is to be added: `network: {egress: [github.com:22]}`. */
export const allowText = (add: string): string =>
  `network: {${add.startsWith('allow_host:') ? add : `egress: [${add}]`}}`;

/** What would come of an attempt; the answer to `test`. */
export interface GatewayVerdict {
  readonly allowed: boolean;
  readonly reason: string;
  /** What to add to the file; null where nothing would help, or nothing is needed. */
  readonly add: string | null;
  readonly addresses: readonly string[];
}

/** What was seen of the gateway of a machine that is wired to one. */
export type SeenGateway = { readonly is: 'gone' } | ({ readonly is: 'there' } & GatewayState);
