/**
 * Values of the host that a machine may use and never has: the guest gets a placeholder, and its gateway puts the value in its place in
 * requests to the declared hosts. Pure.
 */

/** One of them, as the file says it. There is no value in here: it is read when a gateway is given it. */
export interface SecretConfig {
  /** The variable in the guest. */
  readonly name: string;
  /** The variable of ai-vm's own environment that has the value. */
  readonly from: string;
  /** Where the value may go; in the order of the file, without repetition. Never empty. */
  readonly hosts: readonly SecretHost[];
}

/** A name in lower case. On port 80 it is spoken to by HTTP in the clear, on any other by TLS. */
export interface SecretHost {
  readonly host: string;
  readonly port: number;
}

export const TLS_PORT = 443;
export const CLEAR_PORT = 80;

export const sameHost = (a: SecretHost, b: SecretHost): boolean => a.host === b.host && a.port === b.port;

/** Spoken to by TLS, which the gateway opens for it. */
export const isTls = ({ port }: SecretHost): boolean => port !== CLEAR_PORT;

/** As in the file: `api.example.org`, `api.example.org:80`. */
export const secretHostText = ({ host, port }: SecretHost): string => (port === TLS_PORT ? host : `${host}:${port}`);

/** One line for people, and what tells one from another. */
export const secretHostsText = (hosts: readonly SecretHost[]): string => hosts.map(secretHostText).join(', ');

/** For the same hosts, under the same name. */
export const sameSecret = (a: GatewaySecretState, b: GatewaySecretState): boolean =>
  a.name === b.name && secretHostsText(a.hosts) === secretHostsText(b.hosts);

/** The names that are spoken to by TLS, sorted: what the certificates of a machine are for. */
export const tlsNames = (secrets: readonly SecretConfig[]): string[] =>
  [...new Set(secrets.flatMap(({ hosts }) => hosts.filter(isTls).map(({ host }) => host)))].sort();

/** What a gateway is given, through its own socket alone. */
export interface GatewaySecrets {
  readonly secrets: readonly GatewaySecret[];
  /** Host name → what the gateway is for the guest, in its place; there for each name that is spoken to by TLS. */
  readonly certificates: Readonly<Record<string, Certificate>>;
  /** Certificates that the real hosts are held against, PEM. */
  readonly trust: string;
}

export interface GatewaySecret {
  readonly name: string;
  readonly placeholder: string;
  readonly value: string;
  readonly hosts: readonly SecretHost[];
}

/** PEM. */
export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** What a gateway tells of a secret: everything but the value. */
export type GatewaySecretState = Pick<GatewaySecret, 'name' | 'hosts'>;

/** Fewer signs than this would be found where they mean nothing (UTF-16 units). */
export const LEAST_SECRET = 8;

/** Why a value is no secret that a request could carry, for people; null: it is one. */
export function unusable(value: string): string | null {
  if (value.length < LEAST_SECRET) return `it is shorter than ${LEAST_SECRET} signs, and would be found everywhere`;
  return /^[\x21-\x7e]+$/.test(value) ? null : 'it has signs that no header may carry, or spaces';
}

/** What stands for named hosts towards one guest. Kept with the machine on the host. */
export interface Authority {
  /** Sorted. */
  readonly hosts: readonly string[];
  /** What the guest trusts, PEM; it is good for these hosts alone, and its key is nowhere. */
  readonly certificate: string;
  /** Host → what the gateway shows. */
  readonly leaves: Readonly<Record<string, Certificate>>;
}
