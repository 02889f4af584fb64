/**
 * What a file asks of this host and was not allowed is held back, and the rest applies. Pure. A person who types `up` gets all or
 * nothing; a watched file may be changed by a guest that has it in a share, and must neither get more by that nor keep its own
 * machine from getting less.
 */
import type { Ask } from '../../model/approval.ts';
import type { AgentConfig, Desired, ImageConfig, PortConfig, ShareConfig, VmConfig } from '../../model/desired.ts';
import type { Egress, NetworkConfig } from '../../model/network.ts';
import type { SecretConfig } from '../../model/secrets.ts';
import { asksOf } from '../asks.ts';

export interface HoldInput {
  readonly desired: Desired;
  /** Declared share path → real path, those of `applied` too. */
  readonly realPaths: ReadonlyMap<string, string>;
  readonly isGiven: (ask: Ask) => boolean;
  /** Machine → what it was last given. */
  readonly applied: ReadonlyMap<string, VmConfig>;
}

export interface Held {
  /** Asks for nothing that was not allowed. */
  readonly desired: Desired;
  /** What is held back. */
  readonly asks: readonly Ask[];
  /** Machines that are left alone altogether: nothing of theirs was allowed before that could stand in. */
  readonly left: readonly string[];
}

export function holdBack(input: HoldInput): Held {
  const { desired, isGiven } = input;
  const asks = asksOf(desired, input.realPaths, input.applied).filter((ask) => !isGiven(ask));
  if (asks.length === 0) return { desired, asks, left: [] };
  const asking = new Set(asks.map((ask) => ask.vm));
  const everyone = asking.has('*');
  const vms = desired.vms.flatMap((vm) => (everyone || asking.has(vm.name) ? (standIn(input, vm) ?? []) : [vm]));
  const kept = new Set(vms.map((vm) => vm.name));
  const drawn = desired.drawn.filter((one) => isDrawnGiven(input, one));
  const borrowed = desired.borrowed.filter((one) => isBorrowedGiven(input, one));
  return {
    desired: { ...desired, vms, drawn, borrowed },
    asks,
    left: desired.vms.map((vm) => vm.name).filter((name) => !kept.has(name)),
  };
}

/** The machine with what is allowed in the place of what is not; null: there is nothing that could stand in. */
function standIn(input: HoldInput, vm: VmConfig): VmConfig | null {
  const was = input.applied.get(vm.name);
  // A new machine without half of what it declares is no use.
  if (!was) return null;
  // What it takes of a file is not told from what it says itself.
  if (input.desired.borrowed.some((one) => concerns(one, vm.name) && !isBorrowedGiven(input, one))) {
    return allows(input, was) ? was : null;
  }
  const own = input.desired.drawn.filter((one) => concerns(one, vm.name) && !isDrawnGiven(input, one));
  const env = withoutDrawn(vm, was, own);
  // A value that reached something else than a variable of the guest's cannot be taken out of it again.
  const whole = env === null ? was : { ...fieldByField(input, vm, was), env };
  return allows(input, whole) ? whole : allows(input, was) ? was : null;
}

const concerns = (one: { readonly vm: string }, vm: string): boolean => one.vm === '*' || one.vm === vm;

const isDrawnGiven = ({ desired, isGiven }: HoldInput, one: Desired['drawn'][number]): boolean =>
  asksOf({ ...desired, vms: [], drawn: [one], borrowed: [] }, NONE, NONE).every(isGiven);

const isBorrowedGiven = ({ desired, isGiven }: HoldInput, one: Desired['borrowed'][number]): boolean =>
  asksOf({ ...desired, vms: [], drawn: [], borrowed: [one] }, NONE, NONE).every(isGiven);

/** Whether a machine asks for nothing, or for what was allowed; its variables apart. */
const allows = ({ desired, realPaths, isGiven, applied }: HoldInput, vm: VmConfig): boolean =>
  asksOf({ ...desired, vms: [vm], drawn: [], borrowed: [] }, realPaths, applied).every(isGiven);

const NONE = new Map<string, never>();

function fieldByField(input: HoldInput, vm: VmConfig, was: VmConfig): VmConfig {
  const closed = was.network && { ...was.network, hostLoopback: false, allowHost: [] };
  const plain = { ...vm, image: NOTHING, shares: [], ports: [], audio: false as const, agents: [], secrets: [] };
  const bare: VmConfig = withNetwork(plain, closed);
  const fine = (part: Partial<VmConfig>): boolean => allows(input, { ...bare, ...part });
  const shares = replaced<ShareConfig>(vm.shares, was.shares, (one) => fine({ shares: [one] }), targetOf);
  const ports = replaced<PortConfig>(vm.ports, was.ports, (one) => fine({ ports: [one] }), hostPortOf);
  const audio = fine({ audio: vm.audio }) ? vm.audio : fine({ audio: was.audio }) ? was.audio : false;
  const agents = vm.agents.map((agent): AgentConfig =>
    fine({ agents: [agent] }) ? agent : { ...agent, shareAuth: false },
  );
  const image = fine({ image: vm.image }) ? vm.image : was.image;
  const network = vm.network
    ? heldNetwork(vm.network, was.network, (one) => fine({ network: one }))
    : allows(input, withNetwork(bare, undefined))
      ? undefined
      : was.network;
  const secrets = heldSecrets(vm.secrets ?? [], was.secrets ?? [], (one) => fine({ secrets: [one] }));
  const { secrets: _asked, ...rest } = withNetwork(vm, network);
  return { ...rest, image, shares, ports, audio, agents, ...(secrets.length > 0 && { secrets }) };
}

const withNetwork = ({ network: _now, ...vm }: VmConfig, network: NetworkConfig | undefined): VmConfig => ({
  ...vm,
  ...(network && { network }),
});

/** What closes something counts at once; what opens more than there was does where it was allowed. */
function heldNetwork(
  now: NetworkConfig,
  was: NetworkConfig | undefined,
  fine: (network: NetworkConfig) => boolean,
): NetworkConfig {
  const before = was?.egress ?? now.egress;
  const host = { hostLoopback: false, allowHost: [], egress: before };
  return {
    hostLoopback: now.hostLoopback && fine({ ...host, hostLoopback: true }),
    allowHost: now.allowHost.filter((port) => fine({ ...host, allowHost: [port] })),
    egress: heldEgress(now.egress, before, (egress) => fine({ ...host, egress })),
    // They open nothing of the host's, nor the way out.
    ...(now.networks && { networks: now.networks }),
  };
}

function heldEgress(now: Egress, was: Egress, fine: (egress: Egress) => boolean): Egress {
  if (fine(now)) return now;
  if (now.kind === 'open') return was;
  const fits = (one: Partial<Egress & { kind: 'only' }>): boolean =>
    fine({ kind: 'only', allow: [], presets: [], ...one });
  return {
    kind: 'only',
    allow: now.allow.filter((rule) => fits({ allow: [rule] })),
    presets: now.presets.filter((preset) => fits({ presets: [preset] })),
  };
}

/** One that goes to more hosts than it may goes to those that it may. */
function heldSecrets(
  now: readonly SecretConfig[],
  was: readonly SecretConfig[],
  fine: (one: SecretConfig) => boolean,
): SecretConfig[] {
  return now.flatMap((secret) => {
    const hosts = secret.hosts.filter((host) => fine({ ...secret, hosts: [host] }));
    if (hosts.length > 0) return [{ ...secret, hosts }];
    // Another variable of the host's under the same name: the one before stands in.
    const before = was.find(({ name, from }) => name === secret.name && from !== secret.from);
    return before && fine(before) ? [before] : [];
  });
}

/** An image that asks for nothing. */
const NOTHING: ImageConfig = { provider: 'debian', packages: [], agents: [], desktop: false };

const targetOf = (share: ShareConfig): string => share.target;
const hostPortOf = (port: PortConfig): string => `${port.host}/${port.protocol}`;

/** What is not allowed gives way to what had its place before, if that is; what was not there before is left out. */
function replaced<T>(
  now: readonly T[],
  before: readonly T[],
  fine: (one: T) => boolean,
  placeOf: (one: T) => string,
): readonly T[] {
  const allowed = now.filter(fine);
  const taken = new Set(allowed.map(placeOf));
  const wanted = new Set(now.filter((one) => !fine(one)).map(placeOf));
  const instead = before.filter((one) => wanted.has(placeOf(one)) && !taken.has(placeOf(one)) && fine(one));
  return [...allowed, ...instead];
}

/** The variables of the guest, those that draw on the host's without consent as they were; null: it reached other fields. */
function withoutDrawn(vm: VmConfig, was: VmConfig, drawn: Desired['drawn']): VmConfig['env'] | null {
  const names = drawn.map(({ field }) => /^(?:vms\.[^.]+|defaults)\.env\.([A-Za-z_][A-Za-z0-9_]*)$/.exec(field)?.[1]);
  if (names.includes(undefined)) return null;
  const kept = Object.entries(vm.env).filter(([name]) => !names.includes(name));
  const old = Object.entries(was.env).filter(([name]) => names.includes(name));
  return Object.fromEntries([...kept, ...old].sort(([a], [b]) => (a < b ? -1 : 1)));
}
