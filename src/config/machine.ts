import type {
  AgentConfig,
  AudioConfig,
  AudioDriver,
  PortConfig,
  RestartPolicy,
  ShareConfig,
  VmConfig,
} from '../model/desired.ts';
import { AGENT_NAMES } from '../model/agents.ts';
import { GiB } from '../model/units.ts';
import { parseDuration } from './durations.ts';
import { readHealthcheck, valueOr } from './health.ts';
import { readDependencies, type PlacedDependency } from './dependencies.ts';
import type { Variables } from './environment.ts';
import type { Surroundings } from './layers.ts';
import { readDesktop } from './desktop.ts';
import { declaredProvider, readImage, withStore } from './image.ts';
import { checkUser, hostName } from './names.ts';
import { readNetwork } from './network.ts';
import { readNetworks, withNetworks, type PlacedNetwork } from './networks.ts';
import type { Outcome } from './outcome.ts';
import { isIPv6, parsePort, type PortObject } from './ports.ts';
import { hostPath, parseShare, placeShares, type DeclaredShare, type Places, type ShareObject } from './shares.ts';
import { MEMORY_LIMITS, STORAGE_LIMITS, parseCpus, parseSize } from './sizes.ts';
import type { Report } from './source.ts';
import { entry, showPath, toJson, type MapNode, type Node } from './tree.ts';
import { readEnv, readLabels } from './variables.ts';
import { readSecrets, reportUnreached } from './vm-secrets.ts';

export interface Context {
  readonly report: Report;
  readonly around: Surroundings;
  readonly variables: Variables;
  /** Notes which variables of the host a machine sees, and where. */
  readonly draw: (vm: string, variables: readonly string[], node: Node) => void;
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
  readonly dependencies: readonly PlacedDependency[];
  readonly networks: readonly PlacedNetwork[];
  /** The file says what it boots. */
  readonly imageDeclared: boolean;
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
  const given = readList(field('users'), checkUser, report);
  const users = given.length > 0 ? given : ['dev'];
  const audio = readAudio(field('audio'), context);
  const desktop = readDesktop(field('desktop'));
  const image = readImage(
    {
      ...{
        image: field('image'),
        packages: field('packages'),
        user: users[0]!,
        audio: audio !== false,
        desktop: desktop !== false,
      },
      agents: agents.map((agent) => agent.name),
    },
    { report, placesOf: (at) => placesOf(at, context), provider: context.around.providerOf?.(name) ?? 'debian' },
  );
  const dependencies = readDependencies(field('depends_on'));
  const env = readEnv(
    field('env'),
    (at) => variablesAt(at, context),
    report,
    (variables, at) => context.draw(name, variables, at),
  );
  const secrets = readSecrets(field('secrets'), env, report);
  const networks = readNetworks(field('networks'));
  const network = withNetworks(readNetwork(field('network'), report), networks, report);
  reportUnreached(field('secrets'), secrets, network, report);
  const vm: VmConfig = {
    name,
    hostname: hostName(name),
    image,
    cpus: number('cpus', 2, parseCpus),
    memory: number('memory', 8 * GiB, (given) => parseSize(given, MEMORY_LIMITS)),
    storage: number('storage', 50 * GiB, (given) => parseSize(given, STORAGE_LIMITS)),
    overlay: flag('overlay', false),
    audio,
    desktop,
    nested: flag('nested', true),
    warm: flag('warm', true),
    restart: readRestart(field('restart')),
    suspendAfter: readSuspendAfter(field('suspend_after'), report),
    shares: withStore(readShares(field('shares'), context), image),
    ports: ports.map(({ node: _node, ...port }) => port),
    ssh: { port: ssh ? Number(toJson(ssh)) : DEFAULT_SSH_PORT, declared: ssh !== undefined },
    ...(network && { network }),
    users,
    agents,
    env,
    ...(secrets.length > 0 && { secrets }),
    provision: readProvision(field('provision'), report),
    healthcheck: readHealthcheck(field('healthcheck'), report),
    labels: readLabels(field('labels'), report),
    profiles: names(field('profiles')),
    dependsOn: dependencies.map(({ node: _node, ...dependency }) => dependency),
  };
  return { vm, ports, ssh, dependencies, networks, imageDeclared: declaredProvider(field('image')) !== null };
}

/** Less is no idling (milliseconds). */
const LEAST_IDLE = 10_000;

const readSuspendAfter = (node: Node | undefined, report: Report): number | null =>
  node?.kind === 'scalar'
    ? valueOr<number | null>(null, parseDuration(String(node.value), LEAST_IDLE), node, report)
    : null;

const variablesAt = ({ at }: Node, { around, variables }: Context): Variables =>
  around.variablesOf?.get(at.file ?? '') ?? variables;

/** What relative paths of a value count from: its file's directory, or the project's. */
const placesOf = (node: Node, { around: { dir, home, bases } }: Context): Places => ({
  dir: bases.get(node.at.file ?? '') ?? dir,
  home,
});

const items = (node: Node | undefined): readonly Node[] => (node?.kind === 'list' ? node.items : []);

export const names = (node: Node | undefined): string[] =>
  [...new Set(items(node).map((item) => String(toJson(item))))].sort();

/** A list of names without repetition: the same one may come from `defaults`. */
function readList(node: Node | undefined, check: (name: string) => Outcome<string>, report: Report): string[] {
  const names = items(node).flatMap(
    (item) => valueOr<string | null>(null, check(String(toJson(item))), item, report) ?? [],
  );
  return [...new Set(names)];
}

function readRestart(node: Node | undefined): RestartPolicy {
  const value = node?.kind === 'scalar' ? node.value : undefined;
  return value === 'always' || value === 'on-failure' ? value : 'no';
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
  return AGENT_NAMES.filter((name) => node.entries.has(name)).map((name) => {
    const share = entry(node.entries.get(name), 'share_auth');
    return { name, shareAuth: share?.kind === 'scalar' && share.value === true };
  });
}

function readAudio(node: Node | undefined, context: Context): AudioConfig | false {
  const { report } = context;
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
  return { driver, path: valueOr<string | null>(null, hostPath(settings.path, placesOf(at, context)), at, report) };
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
  return list;
}

function readShares(node: Node | undefined, context: Context): ShareConfig[] {
  const { report } = context;
  const list = items(node).flatMap((item) => {
    const share = valueOr<DeclaredShare | null>(
      null,
      parseShare(toJson(item) as string | ShareObject, placesOf(item, context)),
      item,
      report,
    );
    return share === null ? [] : [{ ...share, node: item }];
  });
  const seen = new Map<string, Node>();
  for (const share of list) {
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
  return placeShares(list.map(({ node: _node, ...share }) => share));
}
