/** The guest's connections to the outside: judged, then made by a socket of the host, and judged again when the policy changes. */
import { connect, type Socket } from 'node:net';
import { networksOf, printIpv4, type NetworkConfig } from '../model/network.ts';
import { looksLikeTls } from './client-hello.ts';
import { Greeter } from './greeter.ts';
import { guestStream } from './guest-stream.ts';
import type { Interceptor } from './interceptor.ts';
import type { Entry, Journal } from './journal.ts';
import type { NameMemory } from './names.ts';
import { callPeer, type Peers } from './peers.ts';
import { joinStreams } from './pipe.ts';
import { judgeConnection, ruleFor, type Judgement } from './policy.ts';
import type { Segment } from './segment.ts';
import { sniff } from './sniff.ts';
import type { TcpConnection } from './tcp-connection.ts';
import { isClear, type Vault } from './vault.ts';

/** What the outside may take to answer, and the guest to say what it wants (milliseconds). */
const DIAL = 20_000;
const SPEAK = 10_000;
/** Who is silent for so long may be waiting for the other side, where that is allowed (milliseconds). */
const PATIENCE = 3000;

/** Where a connection of the host leads. */
export type Dial = (address: string, port: number) => Socket;

export const dialOut: Dial = (address, port) => connect({ host: address, port, family: 4, allowHalfOpen: true });

interface Parts {
  readonly self: string;
  readonly network: () => NetworkConfig;
  readonly isOwn: (address: number) => boolean;
  readonly memory: NameMemory;
  readonly peers: Peers;
  readonly segment: Segment;
  readonly journal: Journal;
  readonly dial: Dial;
  readonly vault: Vault;
  readonly interceptor: Interceptor;
  readonly forget: (connection: TcpConnection) => void;
}

interface Open {
  readonly connection: TcpConnection;
  /** What it was let through as: it is broken off when that is not what it would be let through as now. */
  readonly as: string;
}

/** Tells one way of being let through from another. */
const asText = (judgement: Judgement): string =>
  judgement.verdict === 'named' ? `named ${judgement.names.join(' ')}` : judgement.verdict;

export class Outgoing {
  readonly #parts: Parts;
  readonly #open = new Set<Open>();
  readonly #counted: { readonly sent: (bytes: number) => void; readonly received: (bytes: number) => void };

  constructor(parts: Parts) {
    this.#parts = parts;
    const { journal } = parts;
    this.#counted = {
      sent: (bytes) => journal.carried(bytes, 0),
      received: (bytes) => journal.carried(0, bytes),
    };
  }

  get size(): number {
    return this.#open.size;
  }

  /** A connection that the guest begins. */
  begin(connection: TcpConnection): void {
    const { local, localPort } = connection.ends;
    // Until somebody takes it up: it may be broken off before.
    connection.listen({ ...SILENT, closed: () => this.#parts.forget(connection) });
    const peer = this.#parts.peers.socketAt(local);
    if (peer !== null) {
      this.#callPeer(connection, peer);
      return;
    }
    const judgement = this.judge(local, localPort);
    if (judgement.verdict === 'denied') {
      this.#note(connection, 'denied', null, judgement.reason, judgement.add);
      connection.reset();
      return;
    }
    const open = { connection, as: asText(judgement) };
    this.#open.add(open);
    const done = (): void => {
      this.#open.delete(open);
      this.#parts.forget(connection);
    };
    const names = this.#namesWithSecrets(judgement, local, localPort);
    if (names.length > 0) this.#listenForSecrets(connection, judgement, names, done);
    else if (judgement.verdict === 'named') this.#listenFirst(connection, judgement, done);
    else {
      const name = judgement.verdict === 'direct' ? judgement.name : 'host.internal';
      this.#dial(connection, judgement.verdict === 'host', name, done, (socket) => {
        this.#join(connection, socket, null, (data) => data, done);
      });
    }
  }

  judge(address: number, port: number): Judgement {
    const { network, memory, isOwn } = this.#parts;
    return judgeConnection(network(), address, port, { names: memory.namesOf(address), isOwn: isOwn(address) });
  }

  /** The policy has changed: what it does not allow any more ends now. */
  judgeAgain(): void {
    for (const { connection, as } of [...this.#open]) {
      const { local, localPort } = connection.ends;
      const judgement = this.judge(local, localPort);
      // By fewer names is by others: what it is about is not asked again in the middle of it.
      if (judgement.verdict === 'direct' || asText(judgement) === as) continue;
      if (judgement.verdict === 'named' && as.startsWith('named ')) {
        const names = as.split(' ').slice(1);
        if (names.every((name) => judgement.names.includes(name))) continue;
      }
      this.#note(connection, 'denied', null, 'it is not allowed any more', ruleFor(printIpv4(local), localPort));
      connection.reset();
    }
  }

  /**
   * Those that the address may stand for, and that a secret is for at this port. A gateway that was just started has not been asked for
   * names that its guest knows: where everything may be reached by TLS, the certificate tells whose address it is.
   */
  #namesWithSecrets(judgement: Judgement, local: number, port: number): readonly string[] {
    const { vault, memory } = this.#parts;
    if (judgement.verdict === 'direct' && !isClear(port)) return vault.hostsAt(port);
    if (judgement.verdict !== 'named' && judgement.verdict !== 'direct') return [];
    const names = judgement.verdict === 'named' ? judgement.names : memory.namesOf(local);
    return names.filter((name) => vault.holds(name, port));
  }

  /** What is for a host with a secret is opened, as far as it is TLS or HTTP; anything else goes the way that it would go without. */
  #listenForSecrets(connection: TcpConnection, judgement: Judgement, names: readonly string[], done: () => void): void {
    let held: Buffer = Buffer.alloc(0);
    const hear = (data: Buffer): void => {
      held = Buffer.concat([held, data]);
      const sniffed = sniff(held, isClear(connection.ends.localPort), names);
      if (sniffed === 'part') return;
      clearTimeout(timer);
      if (sniffed === 'other') this.#asWithout(connection, judgement, held, done);
      else this.#intercept(connection, judgement, held, sniffed.host, names, done);
    };
    const goOn = (): void => this.#asWithout(connection, judgement, held, done);
    // Who has begun a greeting is no server's guest who waits for that to speak; it may be slow.
    let timer = setTimeout(() => {
      if (held.length === 0 || !looksLikeTls(held)) goOn();
      else timer = setTimeout(goOn, SPEAK);
    }, PATIENCE);
    connection.listen({
      ...SILENT,
      waiting: () => held.length,
      data: hear,
      ended: () => connection.reset(),
      closed: () => {
        clearTimeout(timer);
        done();
      },
    });
    connection.accept();
  }

  #asWithout(connection: TcpConnection, judgement: Judgement, held: Buffer, done: () => void): void {
    if (judgement.verdict === 'named') this.#listenFirst(connection, judgement, done, held);
    else {
      const name = this.#parts.memory.namesOf(connection.ends.local).at(-1) ?? null;
      this.#goOn(connection, held, name, (data) => data, done);
    }
  }

  /** @param host that its TLS is for; null: HTTP in the clear */
  #intercept(
    connection: TcpConnection,
    judgement: Judgement,
    held: Buffer,
    host: string | null,
    names: readonly string[],
    done: () => void,
  ): void {
    const { local, localPort } = connection.ends;
    const { interceptor, dial } = this.#parts;
    const name = host ?? names.at(-1) ?? null;
    const stream = guestStream(connection, held, { ...this.#counted, closed: done });
    interceptor.open(stream, {
      ...{ port: localPort, host, names },
      dial: () => dial(printIpv4(local), localPort),
      allows: (asked) =>
        judgement.verdict === 'direct' || (judgement.verdict === 'named' && judgement.names.includes(asked)),
      allowed: () => this.#note(connection, 'allowed', name, 'opened for its secrets', null),
      refused: (why) => this.#note(connection, 'denied', name, why, null),
    });
  }

  #join(
    connection: TcpConnection,
    socket: Socket,
    held: Buffer | null,
    filter: (data: Buffer) => Buffer | null,
    closed: () => void,
  ): void {
    joinStreams(connection, socket, held, { ...this.#counted, filter, closed });
  }

  /** The guest gets its answer when the outside has given one: a port that is closed there is closed for the guest. */
  #dial(
    connection: TcpConnection,
    toHost: boolean,
    name: string | null,
    done: () => void,
    then: (socket: Socket) => void,
  ): void {
    const { local, localPort } = connection.ends;
    const socket = this.#parts.dial(toHost ? '127.0.0.1' : printIpv4(local), localPort);
    socket.setNoDelay(true);
    const timer = setTimeout(() => socket.destroy(new Error('no answer')), DIAL);
    const failed = (): void => {
      clearTimeout(timer);
      connection.reset();
      done();
    };
    socket.once('error', failed);
    connection.listen({
      ...SILENT,
      closed: () => {
        clearTimeout(timer);
        socket.destroy();
        done();
      },
    });
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', failed);
      socket.pause();
      this.#note(connection, 'allowed', name, '', null);
      then(socket);
      connection.accept();
    });
  }

  /**
   * The guest speaks before anything is done for it.
   * @param begun what it has said already, where its connection was accepted for that
   */
  #listenFirst(
    connection: TcpConnection,
    judgement: Judgement & { readonly verdict: 'named' },
    done: () => void,
    begun: Buffer | null = null,
  ): void {
    const { names, strict } = judgement;
    const greeter = new Greeter(names, strict);
    const refuse = (why: string): void => {
      this.#note(connection, 'denied', names.at(-1) ?? null, why, null);
      connection.reset();
    };
    const filter = (data: Buffer): Buffer | null => {
      const heard = greeter.hear(data);
      if (heard.is === 'part') return Buffer.alloc(0);
      if (heard.is === 'fine') return heard.pass;
      this.#note(connection, 'denied', names.at(-1) ?? null, heard.why, null);
      return null;
    };
    if (!strict) {
      if (begun) {
        const passed = begun.length === 0 ? begun : filter(begun);
        if (passed) this.#goOn(connection, Buffer.from(passed), names.at(-1) ?? null, filter, done);
        else connection.reset();
        return;
      }
      // Many servers speak first.
      this.#dial(connection, false, names.at(-1) ?? null, done, (socket) => {
        this.#join(connection, socket, null, filter, done);
      });
      return;
    }
    const timer = setTimeout(() => refuse('it does not say for whom it is'), SPEAK);
    let waiting = 0;
    const hear = (data: Buffer): void => {
      waiting += data.length;
      const heard = greeter.hear(data);
      if (heard.is === 'part') return;
      clearTimeout(timer);
      if (heard.is === 'refused') {
        refuse(heard.why);
        return;
      }
      if (heard.pass.length === 0) return;
      this.#goOn(connection, Buffer.from(heard.pass), names.at(-1) ?? null, filter, done);
    };
    connection.listen({
      ...SILENT,
      waiting: () => waiting,
      ended: () => refuse('it does not say for whom it is'),
      closed: () => {
        clearTimeout(timer);
        done();
      },
      data: hear,
    });
    connection.accept();
    if (begun && begun.length > 0) hear(begun);
  }

  /** What was held back goes to the outside, once there is one. */
  #goOn(
    connection: TcpConnection,
    held: Buffer,
    name: string | null,
    filter: (data: Buffer) => Buffer | null,
    done: () => void,
  ): void {
    const { local, localPort } = connection.ends;
    const socket = this.#parts.dial(printIpv4(local), localPort);
    socket.setNoDelay(true);
    const timer = setTimeout(() => socket.destroy(new Error('no answer')), DIAL);
    socket.once('connect', () => {
      clearTimeout(timer);
      this.#note(connection, 'allowed', name, '', null);
    });
    socket.once('close', () => clearTimeout(timer));
    // Written before it is connected, it waits in the socket. What was judged already is not judged twice.
    let first = held.length > 0;
    this.#join(
      connection,
      socket,
      held,
      (data) => {
        const passed = first ? data : filter(data);
        first = false;
        return passed;
      },
      done,
    );
  }

  #callPeer(connection: TcpConnection, path: string): void {
    const { self, network, peers, segment, forget } = this.#parts;
    const name = peers.nameAt(connection.ends.local) ?? '';
    const done = (): void => forget(connection);
    segment.keep(connection, name);
    const call = { from: self, networks: networksOf(network()), port: connection.ends.localPort };
    const calling = callPeer(path, call, (result) => {
      if (connection.isClosed) return;
      if ('error' in result) {
        if (result.error === 'apart')
          this.#note(connection, 'denied', name, 'it is on none of the networks of this machine', null);
        connection.reset();
        return;
      }
      this.#note(connection, 'allowed', name, 'a machine of the project', null);
      const { socket, begun } = result;
      if (begun.length > 0) socket.unshift(begun);
      this.#join(connection, socket, null, (data) => data, done);
      connection.accept();
    });
    connection.listen({
      ...SILENT,
      closed: () => {
        calling.destroy();
        done();
      },
    });
  }

  #note(
    { ends }: TcpConnection,
    verdict: Entry['verdict'],
    name: string | null,
    reason: string,
    add: string | null,
  ): void {
    const { local, localPort } = ends;
    const known = name ?? this.#parts.memory.namesOf(local).at(-1) ?? this.#parts.peers.nameAt(local);
    this.#parts.journal.note({
      ...{ verdict, protocol: 'tcp', name: known, address: printIpv4(local), port: localPort, reason, add },
    });
  }
}

const SILENT = {
  opened: () => undefined,
  data: () => undefined,
  ended: () => undefined,
  drained: () => undefined,
  waiting: () => 0,
  closed: () => undefined,
};
