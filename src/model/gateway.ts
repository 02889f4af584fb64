/** What a gateway is started with, and the names of its files. */
import type { NetworkConfig } from './network.ts';

/** Files in a machine's runtime directory. */
export const GATEWAY_FILES = {
  /** QEMU listens there: the guest's card. */
  guest: 'guest.sock',
  /** QEMU listens there: the card of its user-mode network. */
  forward: 'forward.sock',
  /** The gateway listens there. It is there once it works. */
  control: 'gateway.sock',
  pid: 'gateway.pid',
  log: 'network.log',
} as const;

export interface GatewaySettings {
  /** The machine's own name, as other machines know it. */
  readonly self: string;
  readonly network: NetworkConfig;
  /** Host names of other machines → sockets of their gateways. */
  readonly peers: Readonly<Record<string, string>>;
}

/** How the start script starts it. */
export interface GatewayLaunch {
  /** Node's own binary. */
  readonly node: string;
  /** The gateway's code. */
  readonly code: string;
  readonly settings: GatewaySettings;
}

/** One line of a gateway's log, as far as a reader relies on it: the file lies where QEMU's user can write. */
export interface NetworkEntry {
  readonly time: string;
  readonly verdict: string;
  readonly protocol: string;
  readonly name: string | null;
  readonly address: string | null;
  readonly port: number | null;
  readonly reason: string;
  readonly add: string | null;
  readonly times: number;
}
