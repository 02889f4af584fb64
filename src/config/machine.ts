import type {
  AgentConfig,
  AudioConfig,
  AudioDriver,
  DrawnVariable,
  PortConfig,
  ShareConfig,
  VmConfig,
} from '../model/desired.ts';
import { GiB } from '../model/units.ts';
import { readHealthcheck, valueOr } from './health.ts';
import type { Env } from './interpolate.ts';
import { checkPackage, checkUser, hostName } from './names.ts';
import type { Outcome } from './outcome.ts';
import { hostSide, isIPv6, parsePort, type PortObject } from './ports.ts';
import { hostPath, parseShare, placeShares, type DeclaredShare, type Places, type ShareObject } from './shares.ts';
import { MEMORY_LIMITS, STORAGE_LIMITS, parseCpus, parseSize } from './sizes.ts';
import type { Report } from './source.ts';
import { entry, showPath, toJson, type MapNode, type Node } from './tree.ts';
import { readEnv, readLabels } from './variables.ts';

export interface Context {
  readonly report: Report;
  readonly places: Places;
  readonly env: Env;
  /** Grows. */
  readonly drawn: DrawnVariable[];
}

/** A port with its place in the file. */
export interface PlacedPort extends PortConfig {
  readonly node: Node;
}

export interface ReadMachine {
  readonly vm: VmConfig;
  readonly ports: readonly PlacedPort[];
  /** Where the file names the SSH port. */
  readonly ssh: Node | undefined;
}

export const DEFAULT_SSH_PORT = 2222;

/** One machine, merged and of valid structure, with its defaults. What is still wrong goes to the report. */
export function readMachine(name: string, node: MapNode, context: Context): ReadMachine {
  const { report } = context;
  const field = (key: string): Node | undefined => node.entries.get(key);
  const flag = (key: string, otherwise: boolean): boolean => {
    const found = field(key);
    return found?.kind === 'scalar' ? found.value === true : otherwise;
  };
  const number = (key: string, otherwise: number, parse: (given: string | number) => Outcome<number>): number => {
    const found = field(key);
    return found?.kind === 'scalar'
      ? valueOr(otherwise, parse(found.value as string | number), found, report)
      : otherwise;
  };
  const ports = readPorts(field('ports'), report);
  const ssh = entry(field('ssh'), 'port');
  const agents = readAgents(field('agents'));
  const packages = readList(entry(field('packages'), 'debian'), checkPackage, report);
  const users = readList(field('users'), checkUser, report);
  const vm: VmConfig = {
    name,
    hostname: hostName(name),
    image: { provider: 'debian', packages: packages.sort(), agents: agents.map((agent) => agent.name).sort() },
    cpus: number('cpus', 2, parseCpus),
    memory: number('memory', 8 * GiB, (given) => parseSize(given, MEMORY_LIMITS)),
    storage: number('storage', 50 * GiB, (given) => parseSize(given, STORAGE_LIMITS)),
    overlay: flag('overlay', false),
    audio: readAudio(field('audio'), context),
    nested: flag('nested', true),
    shares: readShares(field('shares'), context),
    ports: ports.map(({ node: _node, ...port }) => port),
    ssh: { port: ssh ? Number(toJson(ssh)) : DEFAULT_SSH_PORT, declared: ssh !== undefined },
    users: users.length > 0 ? users : ['dev'],
    agents,
    env: readEnv(field('env'), context.env, report, context.drawn),
    provision: readProvision(field('provision'), report),
    healthcheck: readHealthcheck(field('healthcheck'), report),
    labels: readLabels(field('labels'), report.source),
  };
  return { vm, ports, ssh };
}

const items = (node: Node | undefined): readonly Node[] => (node?.kind === 'list' ? node.items : []);

/** A list of names without repetition: the same one may come from `defaults`. */
function readList(node: Node | undefined, check: (name: string) => Outcome<string>, report: Report): string[] {
  const names = items(node).flatMap(
    (item) => valueOr<string | null>(null, check(String(toJson(item))), item, report) ?? [],
  );
  return [...new Set(names)];
}

function readProvision(node: Node | undefined, report: Report): string[] {
  return items(node).flatMap((item) => {
    const command = String(toJson(item));
    if (command.trim() !== '') return [command];
    report.error('config.value', item.at, `${showPath(item.at)}: the command is empty`, 'Remove it.');
    return [];
  });
}

function readAgents(node: Node | undefined): AgentConfig[] {
  if (node?.kind !== 'map') return [];
  return [...node.entries].map(([, settings]) => {
    const share = entry(settings, 'share_auth');
    return { name: 'claude', shareAuth: share?.kind === 'scalar' && share.value === true };
  });
}

function readAudio(node: Node | undefined, { report, places }: Context): AudioConfig | false {
  if (node?.kind === 'scalar') return node.value === true ? { driver: 'pa', path: null } : false;
  if (node?.kind !== 'map') return false;
  const settings = toJson(node) as { driver?: AudioDriver; path?: string };
  const driver = settings.driver ?? 'pa';
  if (settings.path === undefined) return { driver, path: null };
  const at = entry(node, 'path') ?? node;
  if (driver !== 'wav') {
    report.error(
      'config.value',
      at.at,
      `${showPath(at.at)}: only the driver wav writes to a file`,
      'Write {driver: wav, path: …}, or remove the path.',
      'key',
    );
  }
  return { driver, path: valueOr<string | null>(null, hostPath(settings.path, places), at, report) };
}

const isDefault = (node: Node): boolean => node.at[0] === 'defaults';

/** Entries by key: a machine's own take the place of those that `defaults` has for the same key. */
function keyed<T extends { readonly node: Node }>(list: readonly T[], key: (item: T) => string): T[] {
  const own = new Set(list.filter((item) => !isDefault(item.node)).map(key));
  return list.filter((item) => !isDefault(item.node) || !own.has(key(item)));
}

function readPorts(node: Node | undefined, report: Report): PlacedPort[] {
  const list = items(node).flatMap((item) => {
    const port = valueOr<PortConfig | null>(
      null,
      parsePort(toJson(item) as string | number | PortObject),
      item,
      report,
    );
    if (port === null) return [];
    if (isIPv6(port.bind)) {
      const hint = 'QEMU forwards IPv4 only: write 127.0.0.1, or 0.0.0.0 for every network.';
      report.error(
        'config.unsupported',
        item.at,
        `${showPath(item.at)}: an IPv6 address is not supported in this version`,
        hint,
      );
      return [];
    }
    return [{ ...port, node: item }];
  });
  return keyed(list, hostSide);
}

function readShares(node: Node | undefined, { report, places }: Context): ShareConfig[] {
  const list = items(node).flatMap((item) => {
    const share = valueOr<DeclaredShare | null>(
      null,
      parseShare(toJson(item) as string | ShareObject, places),
      item,
      report,
    );
    return share === null ? [] : [{ ...share, node: item }];
  });
  const kept = keyed(list, (share) => share.target ?? share.path);
  const seen = new Map<string, Node>();
  for (const share of kept) {
    const key = share.target === null ? `${share.mode} ${share.path}` : share.target;
    const before = seen.get(key);
    if (before) {
      const what =
        share.target === null
          ? 'the same directory is shared twice'
          : `${share.target} is already the mount point of ${showPath(before.at)}`;
      report.error(
        'config.duplicate',
        share.node.at,
        `${showPath(share.node.at)}: ${what}`,
        'Remove one of the two, or give each its own target.',
      );
    } else seen.set(key, share.node);
  }
  return placeShares(kept.map(({ node: _node, ...share }) => share));
}
