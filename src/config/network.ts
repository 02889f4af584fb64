import {
  closedRange,
  parseIpv4,
  PRESETS,
  ruleText,
  sameRule,
  type Egress,
  type EgressRule,
  type NetworkConfig,
  type PresetName,
} from '../model/network.ts';
import { valueOr } from './health.ts';
import { isHostPattern, portFault, splitHostPort } from './host-port.ts';
import { fault, ok, quote, type Outcome } from './outcome.ts';
import type { Report } from './source.ts';
import { entry, toJson, type Node } from './tree.ts';

/** Undefined where the file says `host`: the machine has no gateway, and reaches what this host reaches. */
export function readNetwork(node: Node | undefined, report: Report): NetworkConfig | undefined {
  if (node?.kind === 'scalar' && node.value === 'host') return undefined;
  const [loopback, egress, ports] = ['host_loopback', 'egress', 'allow_host'].map((key) => entry(node, key));
  return {
    hostLoopback: loopback?.kind === 'scalar' && loopback.value === true,
    allowHost: readPorts(ports, report),
    egress: readEgress(egress, report),
  };
}

const items = (node: Node | undefined): readonly Node[] => (node?.kind === 'list' ? node.items : []);

function readPorts(node: Node | undefined, report: Report): number[] {
  const ports = items(node).flatMap(
    (item) => valueOr<number | null>(null, parsePort(toJson(item)), item, report) ?? [],
  );
  return [...new Set(ports)].sort((a, b) => a - b);
}

function parsePort(given: unknown): Outcome<number> {
  const port = /^\d{1,5}$/.test(String(given)) ? Number(given) : 0;
  if (port >= 1 && port <= 65_535) return ok(port);
  return fault(`${quote(given)} is not a port number`, 'Ports are 1 to 65535; only TCP is passed on.');
}

function readEgress(node: Node | undefined, report: Report): Egress {
  if (node === undefined || (node.kind === 'scalar' && node.value === 'open')) return { kind: 'open' };
  const list = node.kind === 'list' ? node : entry(node, 'allow');
  const rules = items(list).flatMap(
    (item) => valueOr<EgressRule | null>(null, parseRule(toJson(item)), item, report) ?? [],
  );
  const presets = items(entry(node, 'presets')).map((item) => String(toJson(item)));
  return {
    kind: 'only',
    allow: rules.filter((rule, n) => rules.findIndex((other) => sameRule(other, rule)) === n),
    presets: (Object.keys(PRESETS) as PresetName[]).filter((preset) => presets.includes(preset)).sort(),
  };
}

const FORM = 'Write a host, such as api.example.org, *.example.org, github.com:22 or 8.8.8.8:443.';

/** A host that may be reached, as it stands in the file. */
export function parseRule(given: unknown): Outcome<EgressRule> {
  const parts = splitHostPort(given);
  const { host, port } = parts;
  if (host === '') return fault(`${quote(given)} is no host`, FORM);
  const wrong = portFault(given, parts);
  if (wrong) return wrong;
  const address = parseIpv4(host);
  if (address !== null) {
    const closed = closedRange(address);
    if (closed === null) return ok({ host, port });
    return fault(
      `${quote(given)} is of ${closed}, which is never reached`,
      'A service of this host is opened by `allow_host`.',
    );
  }
  if (host === '*') return fault('"*" is every host', 'Write `egress: open`.');
  if (!isHostPattern(host)) return fault(`${quote(given)} is no host`, FORM);
  return ok({ host, port });
}

type Printed = {
  host_loopback: boolean;
  egress: 'open' | 'none' | { allow: string[]; presets: PresetName[] };
  allow_host?: string[];
};

export function printNetwork(network: NetworkConfig | undefined): Printed | 'host' {
  if (!network) return 'host';
  const { hostLoopback, allowHost, egress } = network;
  const none = egress.kind === 'only' && egress.allow.length === 0 && egress.presets.length === 0;
  return {
    host_loopback: hostLoopback,
    egress:
      egress.kind === 'open'
        ? 'open'
        : none
          ? 'none'
          : { allow: egress.allow.map(ruleText), presets: [...egress.presets] },
    ...(allowHost.length > 0 && { allow_host: allowHost.map(String) }),
  };
}
