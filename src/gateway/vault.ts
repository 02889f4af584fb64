/** The secrets that a gateway has now, by the hosts that they are for. They are in its memory and nowhere else. */
import { createSecureContext, type SecureContext } from 'node:tls';
import type { GatewaySecret, GatewaySecrets, GatewaySecretState } from '../model/secrets.ts';
import { CLEAR_PORT } from '../model/secrets.ts';
import { Swap, type Pair } from './swap.ts';

const NONE: GatewaySecrets = { secrets: [], certificates: {}, trust: '' };

export class Vault {
  #given: GatewaySecrets = NONE;
  readonly #contexts = new Map<string, SecureContext>();
  #trust: SecureContext | null = null;
  /** Values that were others before: an answer may still hold them. */
  readonly #gone = new Map<string, Pair & { readonly hosts: GatewaySecret['hosts'] }>();

  /** In the place of what it had. */
  set(given: GatewaySecrets): void {
    const now = new Set(given.secrets.map(({ value }) => value));
    for (const { value, placeholder, hosts } of this.#given.secrets)
      if (!now.has(value)) this.#gone.set(value, { value, placeholder, hosts });
    for (const value of now) this.#gone.delete(value);
    // To read all that a host trusts takes a while.
    if (given.trust !== this.#given.trust) this.#trust = null;
    this.#given = given;
    this.#contexts.clear();
  }

  get state(): GatewaySecretState[] {
    return this.#given.secrets.map(({ name, hosts }) => ({ name, hosts }));
  }

  /** Whether connections to this host are opened for a secret. */
  holds(host: string, port: number): boolean {
    return this.#given.secrets.some(({ hosts }) => isAmong(hosts, host, port));
  }

  /** Hosts that connections to this port are opened for. */
  hostsAt(port: number): string[] {
    const all = this.#given.secrets.flatMap(({ hosts }) => hosts.filter((each) => each.port === port));
    return [...new Set(all.map(({ host }) => host))];
  }

  /** What is put in and taken out, of what goes to this host and comes from there. */
  swapFor(host: string, port: number): Swap {
    const now = this.#given.secrets.filter(({ hosts }) => isAmong(hosts, host, port));
    const gone = [...this.#gone.values()].filter(({ hosts }) => isAmong(hosts, host, port));
    return new Swap(now, gone);
  }

  /** What the guest is shown in the place of this host; null: there is nothing for it. */
  contextFor(host: string): SecureContext | null {
    const known = this.#contexts.get(host);
    if (known) return known;
    const { certificates } = this.#given;
    const pair = Object.hasOwn(certificates, host) ? certificates[host] : undefined;
    if (!pair) return null;
    const context = createSecureContext({ cert: pair.certificate, key: pair.key });
    this.#contexts.set(host, context);
    return context;
  }

  /** What real hosts are held against. */
  get trust(): SecureContext {
    // Nothing to go by is nobody to trust: Node would take its own list.
    this.#trust ??= createSecureContext({ ca: this.#given.trust === '' ? [] : this.#given.trust });
    return this.#trust;
  }
}

const isAmong = (hosts: GatewaySecret['hosts'], host: string, port: number): boolean =>
  hosts.some((each) => each.host === host && each.port === port);

/** Whether a port is spoken to in the clear. */
export const isClear = (port: number): boolean => port === CLEAR_PORT;
