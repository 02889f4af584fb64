import type { PortConfig } from '../model/desired.ts';
import { fault, ok, quote, type Outcome } from './outcome.ts';

const FORM =
  'Write "GUEST", "HOST:GUEST" or "ADDRESS:HOST:GUEST", with /udp behind it for UDP: "127.0.0.1:5353:53/udp".';

/** The object form of a port, as the schema lets it through. */
export interface PortObject {
  readonly host?: number;
  readonly guest?: number;
  readonly bind?: string;
  readonly protocol?: string;
}

/** A forward from `3001`, `"8080:80"`, `"127.0.0.1:5353:53/udp"`, `"[::1]:8080:80"` or an object. Ranges are refused. */
export function parsePort(given: string | number | PortObject): Outcome<PortConfig> {
  if (typeof given === 'object') return fromObject(given);
  const text = String(given).trim();
  const slash = text.indexOf('/');
  const protocol = slash === -1 ? 'tcp' : text.slice(slash + 1);
  if (protocol !== 'tcp' && protocol !== 'udp') {
    return fault(`${quote(given)}: ${quote(protocol)} is no protocol`, 'It is tcp or udp.');
  }
  const { address, parts } = split(slash === -1 ? text : text.slice(0, slash));
  if (parts.length > 2 || (address !== undefined && parts.length !== 2)) {
    return fault(`${quote(given)} is not a port`, FORM);
  }
  if (parts.some((part) => /^\d+\s*-\s*\d+$/.test(part))) {
    return fault(`${quote(given)}: ranges of ports are not supported`, 'List each port by itself.');
  }
  const bind = parseBind(address ?? '127.0.0.1');
  if ('fault' in bind) return fault(`${quote(given)}: ${bind.fault}`, bind.hint);
  const numbers = parts.map(parseNumber);
  const wrong = numbers.indexOf(undefined);
  if (wrong !== -1) {
    const part = parts[wrong] === text ? '' : `${quote(given)}: `;
    return fault(`${part}${quote(parts[wrong])} is not a port number`, 'Ports are 1 to 65535.');
  }
  const [host, guest = host] = numbers as number[];
  return ok({ bind: bind.value, host: host!, guest: guest!, protocol });
}

/** An IPv6 address stands in brackets, because it has colons itself. */
function split(text: string): { address: string | undefined; parts: string[] } {
  const bracketed = /^\[([^\]]*)\]:(.*)$/s.exec(text);
  if (bracketed) return { address: bracketed[1]!, parts: bracketed[2]!.split(':') };
  const parts = text.split(':');
  return parts.length === 3 ? { address: parts[0]!, parts: parts.slice(1) } : { address: undefined, parts };
}

function fromObject(given: PortObject): Outcome<PortConfig> {
  const guest = given.guest ?? given.host;
  const host = given.host ?? given.guest;
  if (guest === undefined || host === undefined) {
    return fault('a port without a number', 'Give `guest`, `host` or both: {host: 8080, guest: 80}.');
  }
  const bind = parseBind(given.bind ?? '127.0.0.1');
  if ('fault' in bind) return bind;
  return ok({ bind: bind.value, host, guest, protocol: given.protocol === 'udp' ? 'udp' : 'tcp' });
}

function parseNumber(text: string): number | undefined {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return number >= 1 && number <= 65535 ? number : undefined;
}

const BIND_HINT = 'Write an IP address: 127.0.0.1 for this host alone, 0.0.0.0 for every network.';

function parseBind(text: string): Outcome<string> {
  if (isIPv4(text) || isIPv6(text)) return ok(text.toLowerCase());
  return fault(text === '' ? 'the address is missing' : `${quote(text)} is not an IP address`, BIND_HINT);
}

const isIPv4 = (text: string): boolean =>
  /^\d{1,3}(\.\d{1,3}){3}$/.test(text) &&
  text.split('.').every((part) => Number(part) <= 255 && String(Number(part)) === part);

export function isIPv6(text: string): boolean {
  if (!/^[0-9a-f:]{2,39}$/i.test(text) || /:::/.test(text)) return false;
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  return (
    groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group)) &&
    (halves.length === 2 ? groups.length < 8 : groups.length === 8)
  );
}

/** `127.0.0.1:8080/tcp`: the host side, which only one forward can have. */
export function hostSide(port: Pick<PortConfig, 'bind' | 'host' | 'protocol'>): string {
  const address = port.bind.includes(':') ? `[${port.bind}]` : port.bind;
  return `${address}:${port.host}/${port.protocol}`;
}

export { addressesOverlap } from '../model/host-side.ts';

/** The shortest way to write a port. */
export function printPort(port: PortConfig): string {
  const suffix = port.protocol === 'udp' ? '/udp' : '';
  const address = port.bind === '127.0.0.1' ? '' : hostSide(port).replace(/\d+\/(tcp|udp)$/, '');
  const host = port.host === port.guest && address === '' ? '' : `${port.host}:`;
  return `${address}${host}${port.guest}${suffix}`;
}
