/**
 * The machines that share a network of the project with this one, and the connections with them. Which networks another machine is
 * on, its gateway knows alone: it is asked each time, so that what counts is what is so now, on both sides.
 */
import { askAt } from '../host/gateway.ts';
import { meet, networksOf } from '../model/network.ts';
import type { Peers } from './peers.ts';
import type { TcpConnection } from './tcp-connection.ts';

/** Networks that the machine behind this gateway's socket is on; null: it does not tell. */
export type AskNetworks = (socket: string) => Promise<readonly string[] | null>;

/** Less than whoever changes this gateway waits for it (milliseconds). */
const PATIENCE = 1000;

export const askNetworks: AskNetworks = async (socket) => {
  const state = (await askAt(socket, { do: 'state' }, PATIENCE))?.state;
  return state ? networksOf(state.network) : null;
};

export class Segment {
  readonly #peers: Peers;
  readonly #networks: () => readonly string[];
  readonly #ask: AskNetworks;
  readonly #connections = new Map<TcpConnection, string>();

  /** @param networks those that this machine is on now */
  constructor(peers: Peers, networks: () => readonly string[], ask: AskNetworks) {
    this.#peers = peers;
    this.#networks = networks;
    this.#ask = ask;
  }

  /** The address that stands for a machine; null: there is none of this name on a network of this one. */
  async addressOf(name: string): Promise<number | null> {
    const address = this.#peers.addressOf(name);
    return address !== null && (await this.#sees(name)) ? address : null;
  }

  /** Whether a machine on these networks may talk to this one. */
  shares(networks: readonly string[]): boolean {
    return meet(this.#networks(), networks);
  }

  /** A connection with a machine, from its first moment until it is forgotten. */
  keep(connection: TcpConnection, name: string): void {
    this.#connections.set(connection, name);
  }

  forget(connection: TcpConnection): void {
    this.#connections.delete(connection);
  }

  /** This machine is on other networks now: breaks off connections with machines that it shares none with any more. */
  async judgeAgain(): Promise<void> {
    const names = [...new Set(this.#connections.values())];
    const seen = await Promise.all(names.map(async (name) => [name, await this.#sees(name)] as const));
    const apart = new Set(seen.flatMap(([name, sees]) => (sees ? [] : [name])));
    for (const [connection, name] of [...this.#connections]) if (apart.has(name)) connection.reset();
  }

  async #sees(name: string): Promise<boolean> {
    const socket = this.#peers.socketOf(name);
    const networks = socket === null ? null : await this.#ask(socket);
    return networks !== null && this.shares(networks);
  }
}
