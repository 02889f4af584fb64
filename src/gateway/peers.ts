/**
 * Other machines of the project, each behind a gateway of its own. Each gateway listens on a socket in the project's private
 * runtime directory, and what reaches that socket may talk to its guest: no other user can.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { INSIDE, parseIpv4 } from '../model/network.ts';

const first = parseIpv4(INSIDE.peers) ?? 0;

/** A machine's name as it stands in a question about names. */
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

export class Peers {
  /** Host name of a machine → its gateway's socket; null: there is no such machine. */
  readonly socketOf: (name: string) => string | null;
  readonly #byName = new Map<string, number>();
  readonly #byAddress = new Map<number, string>();

  /** @param socketOf host name of a machine → its gateway's socket; null: there is no such machine */
  constructor(socketOf: (name: string) => string | null) {
    this.socketOf = socketOf;
  }

  /** The address that stands for a machine which runs behind a gateway; null: there is none of this name. */
  addressOf(name: string): number | null {
    if (!NAME.test(name)) return null;
    const socket = this.socketOf(name);
    return socket !== null && existsSync(socket) ? this.#place(name) : null;
  }

  nameAt(address: number): string | null {
    return this.#byAddress.get(address) ?? null;
  }

  /** The same address for whoever calls from there, whether it was asked for or not. */
  addressFor(name: string): number | null {
    return NAME.test(name) ? this.#place(name) : null;
  }

  socketAt(address: number): string | null {
    const name = this.#byAddress.get(address);
    return name === undefined ? null : this.socketOf(name);
  }

  /** By the name, so that it is the same one after a restart, unless two names fall on one place. */
  #place(name: string): number | null {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const begin = createHash('sha256').update(name).digest().readUInt32BE(0) % INSIDE.peerCount;
    for (let step = 0; step < INSIDE.peerCount; step += 1) {
      const address = first + ((begin + step) % INSIDE.peerCount);
      if (this.#byAddress.has(address)) continue;
      this.#byName.set(name, address);
      this.#byAddress.set(address, name);
      return address;
    }
    return null;
  }
}

/** Longer than an answer is. */
const LONGEST = 1024;
/** A guest under emulation that is busy takes its time (milliseconds). */
const PATIENCE = 30_000;

export interface Call {
  /** Who calls, and the networks that it is on. */
  readonly from: string;
  readonly networks: readonly string[];
  readonly port: number;
}

/** Why a call came to nothing: the two machines share no network; anything else. */
export type CallFault = 'apart' | 'failed';

/**
 * Calls a port of another machine.
 * @param then gets the open connection, on which nothing was read yet beyond `begun`; or why there is none
 */
export function callPeer(
  socketPath: string,
  call: Call,
  then: (result: { readonly socket: Socket; readonly begun: Buffer } | { readonly error: CallFault }) => void,
): Socket {
  const socket = connect({ path: socketPath, allowHalfOpen: true });
  let text = Buffer.alloc(0);
  const fail = (error: CallFault = 'failed'): void => {
    settle();
    socket.destroy();
    then({ error });
  };
  const timer = setTimeout(() => fail(), PATIENCE);
  const onError = (): void => fail();
  const onClose = (): void => fail();
  const onData = (chunk: Buffer): void => {
    text = Buffer.concat([text, chunk]);
    const end = text.indexOf('\n');
    if (end < 0) {
      if (text.length > LONGEST) fail();
      return;
    }
    const line = text.toString('utf8', 0, end);
    if (!line.includes('"ok":true')) {
      fail(line.includes('"apart"') ? 'apart' : 'failed');
      return;
    }
    settle();
    socket.pause();
    then({ socket, begun: text.subarray(end + 1) });
  };
  const settle = (): void => {
    clearTimeout(timer);
    socket.off('error', onError).off('close', onClose).off('data', onData);
    socket.on('error', () => undefined);
  };
  socket.on('error', onError).on('close', onClose).on('data', onData);
  socket.write(`${JSON.stringify({ do: 'connect', ...call })}\n`);
  return socket;
}
