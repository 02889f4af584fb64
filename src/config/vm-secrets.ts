/** `secrets` of a machine: values of the host that it may use and never has. Not those at the top of the file, which are names alone. */
import { namesHost, namesPort, parseIpv4, rulesOf, type NetworkConfig } from '../model/network.ts';
import { sameHost, secretHostText, TLS_PORT, type SecretConfig, type SecretHost } from '../model/secrets.ts';
import { valueOr } from './health.ts';
import { isHostPattern, portFault, splitHostPort } from './host-port.ts';
import { fault, ok, quote, type Outcome } from './outcome.ts';
import type { Report } from './source.ts';
import { entry, showPath, toJson, type Node } from './tree.ts';
import { isVariable } from './variables.ts';

const VARIABLE = 'Letters, digits and `_`; no digit first.';

/**
 * Sorted by name.
 * @param env of the machine, in which none of them may be a second time
 */
export function readSecrets(
  node: Node | undefined,
  env: Readonly<Record<string, string>>,
  report: Report,
): SecretConfig[] {
  if (node?.kind !== 'map') return [];
  const entries = [...node.entries].filter(([name]) => !name.startsWith('x-'));
  return entries
    .flatMap(([name, one]) => {
      if (!isVariable(name)) {
        const message = `${showPath(one.at)}: ${JSON.stringify(name)} is not a name for a variable`;
        report.error('config.name', one.at, message, VARIABLE, 'key');
        return [];
      }
      if (Object.hasOwn(env, name)) {
        const message = `${showPath(one.at)}: the variable is in \`env\`, too`;
        const hint = 'Remove it there: what is in `env` the guest has, and a secret it must not have.';
        report.error('config.duplicate', one.at, message, hint, 'key');
        return [];
      }
      return readSecret(name, one, report);
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function readSecret(name: string, node: Node, report: Report): SecretConfig[] {
  const list = entry(node, 'hosts');
  const hosts = (list?.kind === 'list' ? list.items : []).flatMap(
    (item) => valueOr<SecretHost | null>(null, parseHost(toJson(item)), item, report) ?? [],
  );
  if (list?.kind !== 'list' || list.items.length === 0) {
    const message = `${showPath(node.at)}: it names no host that it is for`;
    report.error('config.missing', node.at, message, 'Write hosts: [api.example.org].', 'key');
    return [];
  }
  const from = entry(entry(node, 'from'), 'env');
  const source = from?.kind === 'scalar' ? String(from.value) : name;
  if (!isVariable(source)) {
    const message = `${showPath(from?.at ?? node.at)}: ${quote(source)} is not a name for a variable`;
    report.error('config.name', from?.at ?? node.at, message, VARIABLE);
    return [];
  }
  const distinct = hosts.filter((host, n) => hosts.findIndex((other) => sameHost(other, host)) === n);
  return distinct.length === 0 ? [] : [{ name, from: source, hosts: distinct }];
}

const FORM =
  'Write a host, such as api.example.org, api.example.org:8443, or api.example.org:80 for HTTP in the clear.';

function parseHost(given: unknown): Outcome<SecretHost> {
  const parts = splitHostPort(given);
  const { host, port } = parts;
  if (host.startsWith('*'))
    return fault(`${quote(given)} is not one host`, 'A secret goes to hosts that are named one by one.');
  if (parseIpv4(host) !== null)
    return fault(`${quote(given)} is an address`, 'No certificate says whose it is: write a name.');
  if (!isHostPattern(host)) return fault(`${quote(given)} is no host`, FORM);
  return portFault(given, parts) ?? ok({ host, port: port ?? TLS_PORT });
}

/** A secret opens nothing: what `egress` does not name is not reached, with a secret or without; and without a gateway nobody puts it in. */
export function reportUnreached(
  node: Node | undefined,
  secrets: readonly SecretConfig[],
  network: NetworkConfig | undefined,
  report: Report,
): void {
  if (!network && node && secrets.length > 0) {
    const message = `${showPath(node.at)}: nobody puts them into requests, since \`network: host\` is without a gateway`;
    report.error('config.value', node.at, message, 'Remove `network: host`.', 'key');
  }
  if (!network || network.egress.kind === 'open') return;
  const rules = rulesOf(network.egress);
  for (const { name, hosts } of secrets) {
    const one = entry(node, name);
    const closed = hosts.find(
      ({ host, port }) => !rules.some((rule) => namesHost(rule, host) && namesPort(rule, port)),
    );
    if (!one || !closed) continue;
    const text = secretHostText(closed);
    const at = entry(one, 'hosts')?.at ?? one.at;
    const hint = `Add it: network: {egress: [${text}]}.`;
    report.error('config.value', at, `${showPath(at)}: ${text} is not in \`egress\`, so it is never reached`, hint);
  }
}

interface Printed {
  from: 'env' | { env: string };
  hosts: string[];
}

export const printSecrets = (secrets: readonly SecretConfig[]): Record<string, Printed> =>
  Object.fromEntries(
    secrets.map(({ name, from, hosts }) => [
      name,
      { from: from === name ? ('env' as const) : { env: from }, hosts: hosts.map(secretHostText) },
    ]),
  );
