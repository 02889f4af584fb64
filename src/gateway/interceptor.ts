/**
 * The gateway in the place of a host that a secret is for: it speaks HTTP/1.1 with the guest, behind a certificate that the guest trusts
 * for this host, and with the real host, whose certificate it holds against what this host trusts. What goes out gets the secret, what
 * comes back loses it. Node's own TLS and HTTP do the reading: what two readers could read in two ways is written anew.
 */
import { Agent, createServer, request as ask, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, TLSSocket } from 'node:tls';
import {
  answerHead,
  decoderOf,
  headText,
  hostOfRequest,
  originForm,
  requestHead,
  withLength,
  type Decoder,
  type Head,
} from './heads.ts';
import { Swap } from './swap.ts';
import type { Vault } from './vault.ts';
import { carryAnswer, carryFrames } from './carry.ts';

/** What a host may take to answer (milliseconds), and the guest for its part of a handshake. */
const DIAL = 20_000;
const SPEAK = 10_000;
/** Requests of one connection that wait for their answers; who sends more does not wait for any. */
const MOST_AT_ONCE = 16;
/** Of a request or an answer (bytes). */
const LONGEST_HEAD = 64 * 1024;

/** One connection of the guest's that is opened. */
export interface Opened {
  /** Where it leads: an address that was judged. */
  readonly dial: () => Socket;
  readonly port: number;
  /** The host that its TLS is for; null: it is in the clear, and each request says it. */
  readonly host: string | null;
  /** Whether requests may be for this host. */
  readonly allows: (host: string) => boolean;
  /** Names that stand for the address: nothing else gets a secret. */
  readonly names: readonly string[];
  /** For the log, once: it was let through; or why not. */
  readonly allowed: () => void;
  readonly refused: (why: string) => void;
}

export class Interceptor {
  readonly #vault: Vault;
  readonly #server: Server;
  readonly #open = new Map<Duplex, Talk>();
  /** By what is read from: the guest's stream, or what its TLS holds. */
  readonly #byStream = new WeakMap<Duplex, Talk>();

  constructor(vault: Vault) {
    this.#vault = vault;
    this.#server = createServer({ maxHeaderSize: LONGEST_HEAD, keepAliveTimeout: 0, requestTimeout: 0 });
    this.#server.timeout = 0;
    this.#server.on('request', (request, response) => this.#talkOf(request)?.request(request, response));
    this.#server.on('checkContinue', (request, response) => this.#talkOf(request)?.request(request, response));
    // Nothing else is known to be expected; the answer says so.
    this.#server.on('checkExpectation', (_request, response: ServerResponse) => void response.writeHead(417).end());
    this.#server.on('upgrade', (request, socket, head) => {
      const talk = this.#talkOf(request);
      if (talk) talk.upgrade(request, socket, head);
      else socket.destroy();
    });
    this.#server.on('connect', (_request, socket) => void socket.destroy());
    this.#server.on('clientError', (_error, socket) => void socket.destroy());
  }

  /** The guest's side is a stream from here on, which ends when either side does. */
  open(stream: Duplex, opened: Opened): void {
    const talk = new Talk(this.#vault, stream, opened);
    this.#open.set(stream, talk);
    stream.once('close', () => {
      this.#open.delete(stream);
      talk.end();
    });
    const serve = (plain: Duplex): void => {
      this.#byStream.set(plain, talk);
      this.#server.emit('connection', plain);
    };
    if (opened.host === null) {
      opened.allowed();
      serve(stream);
    } else talk.shake(opened.host, serve);
  }

  /** Secrets are others now: connections that are opened for none of them any more end. */
  again(): void {
    for (const [stream, talk] of this.#open) if (!talk.isWanted) stream.destroy();
  }

  #talkOf({ socket }: IncomingMessage): Talk | undefined {
    return this.#byStream.get(socket);
  }
}

/** With its own connections to the real host, that nobody else uses. */
class OwnAgent extends Agent {
  readonly #make: () => Socket;
  constructor(make: () => Socket) {
    super({ keepAlive: true, maxSockets: 1, maxFreeSockets: 1 });
    this.#make = make;
  }
  override createConnection(): Socket {
    return this.#make();
  }
}

class Talk {
  readonly #vault: Vault;
  readonly #stream: Duplex;
  readonly #opened: Opened;
  readonly #agent: Agent;
  /** A connection that was made before anybody asked. */
  #first: Socket | null = null;
  #waiting = 0;
  #isOver = false;

  constructor(vault: Vault, stream: Duplex, opened: Opened) {
    this.#vault = vault;
    this.#stream = stream;
    this.#opened = opened;
    this.#agent = new OwnAgent(() => {
      const first = this.#first;
      this.#first = null;
      return first && !first.destroyed ? first : this.#dial();
    });
  }

  get isWanted(): boolean {
    const { host, names, port } = this.#opened;
    return (host === null ? names : [host]).some((name) => this.#vault.holds(name, port));
  }

  end(): void {
    this.#isOver = true;
    this.#agent.destroy();
    this.#first?.destroy();
  }

  /** The real host first: one that this host does not trust is none for the guest. */
  shake(host: string, serve: (plain: Duplex) => void): void {
    const context = this.#vault.contextFor(host);
    const real = this.#dial();
    this.#first = real;
    const failed = (error: unknown): void => this.#fail(error);
    real.once('error', failed);
    real.once('secureConnect', () => {
      real.off('error', failed);
      if (this.#isOver || !context) {
        this.#stream.destroy();
        return;
      }
      this.#opened.allowed();
      const tls = new TLSSocket(this.#stream, {
        ...{ isServer: true, secureContext: context, ALPNProtocols: ['http/1.1'] },
      });
      const timer = setTimeout(() => this.#stream.destroy(), SPEAK);
      tls.on('error', () => this.#stream.destroy());
      tls.once('close', () => {
        clearTimeout(timer);
        this.#stream.destroy();
      });
      tls.once('secure', () => {
        clearTimeout(timer);
        serve(tls);
      });
    });
  }

  request(request: IncomingMessage, response: ServerResponse): void {
    this.#safely(() => this.#request(request, response));
  }

  /** WebSockets: their frames pass as they are, and end where one shows what it must not. */
  upgrade(request: IncomingMessage, socket: Duplex, begun: Buffer): void {
    this.#safely(() => this.#upgrade(request, socket, begun));
  }

  /** What Node takes in and would not put out again ends the connection, and not the gateway. */
  #safely(work: () => void): void {
    try {
      work();
    } catch {
      this.#refuse('what is said cannot be passed on');
    }
  }

  /** All is broken off, and the log says why. */
  #refuse(why: string): void {
    this.#opened.refused(why);
    this.#stream.destroy();
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    if (this.#isOver) return;
    this.#waiting += 1;
    response.once('close', () => (this.#waiting -= 1));
    if (this.#waiting > MOST_AT_ONCE) {
      this.#refuse('it asks for too much at once');
      return;
    }
    const swap = this.#judge(request);
    if (!swap) return;
    const upstream = this.#ask(request, withLength(request, requestHead(request.rawHeaders, swap)), swap);
    response.sendDate = false;
    response.once('close', () => upstream.destroy());
    upstream.on('error', (error) => this.#fail(error, response));
    upstream.on('continue', () => response.writeContinue());
    upstream.once('response', (answer) => this.#safely(() => this.#answer(request, answer, response, swap)));
    request.on('error', () => upstream.destroy());
    request.pipe(upstream);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, begun: Buffer): void {
    socket.on('error', () => socket.destroy());
    const swap = this.#judge(request);
    if (!swap) return;
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
      socket.end('HTTP/1.1 501 Not Implemented\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    const head = requestHead(request.rawHeaders, swap, ['sec-websocket-extensions']);
    const upstream = this.#ask(request, [...head, ['Connection', 'Upgrade'], ['Upgrade', 'websocket']], swap);
    socket.once('close', () => upstream.destroy());
    upstream.on('error', (error) => this.#fail(error));
    upstream.once('upgrade', (answer, real, first) => {
      const switched = [['Connection', 'Upgrade'] as const, ['Upgrade', 'websocket'] as const];
      socket.write(headText(101, 'Switching Protocols', [...answerHead(answer.rawHeaders, swap), ...switched]));
      carryFrames({ socket, begun }, { socket: real, begun: first }, swap, () => {
        this.#opened.refused('it shows a secret within frames, where nothing can stand in its place');
      });
    });
    // It would rather not: its answer is the last word.
    upstream.once('response', (answer) => {
      const found = this.#read(request, answer, swap);
      if (!found) return;
      const head = [...found.head, ['Connection', 'close'] as const];
      socket.write(headText(answer.statusCode ?? 502, swap.answer(answer.statusMessage ?? ''), head));
      carryAnswer(answer, found.decoder, swap, socket);
    });
    upstream.end();
  }

  /** What a request gets put in and taken out; null: it is for somebody else, and all is broken off. */
  #judge(request: IncomingMessage): Swap | null {
    const { host, port, allows, names } = this.#opened;
    const named = hostOfRequest(request, port);
    if (named === null || (host !== null && named !== host) || !allows(named)) {
      const what = named === null ? 'its request names no host, or two' : `its request is for ${named}`;
      this.#refuse(host === null ? what : `${what}, and its TLS for ${host}`);
      return null;
    }
    if (request.method === 'TRACE') {
      this.#refuse('it asks for its own words');
      return null;
    }
    return names.includes(named) ? this.#vault.swapFor(named, port) : new Swap([]);
  }

  #ask(request: IncomingMessage, headers: Head, swap: Swap) {
    return ask({
      ...{ agent: this.#agent, setHost: false, maxHeaderSize: LONGEST_HEAD, method: request.method ?? 'GET' },
      path: swap.target(originForm(request.url ?? '/')),
      headers: headers as unknown as readonly string[],
    });
  }

  #answer(request: IncomingMessage, answer: IncomingMessage, response: ServerResponse, swap: Swap): void {
    const found = this.#read(request, answer, swap);
    if (!found) return;
    response.writeHead(answer.statusCode ?? 502, swap.answer(answer.statusMessage ?? ''), found.head.flat());
    response.flushHeaders();
    carryAnswer(answer, found.decoder, swap, response);
  }

  /** What an answer begins with, and what its body is packed by; null: it cannot be looked into, and all is broken off. */
  #read(request: IncomingMessage, answer: IncomingMessage, swap: Swap): { head: Head; decoder: Decoder | null } | null {
    const isEmpty = request.method === 'HEAD' || answer.statusCode === 204 || answer.statusCode === 304;
    const decoder = isEmpty ? null : decoderOf(answer.headers['content-encoding']);
    if (decoder === 'unknown') {
      this.#refuse('its answer is packed in a way that is not looked into');
      return null;
    }
    // What is put in the place of a value has another length.
    return {
      decoder,
      head: answerHead(answer.rawHeaders, swap, isEmpty ? [] : ['content-length', 'content-encoding']),
    };
  }

  #dial(): Socket {
    const { dial, host } = this.#opened;
    const socket = dial();
    socket.setNoDelay(true);
    // A connection that its other end has closed is not asked for anything more.
    socket.allowHalfOpen = false;
    const timer = setTimeout(() => socket.destroy(new Error('no answer')), DIAL);
    socket.once('close', () => clearTimeout(timer));
    if (host === null) {
      socket.once('connect', () => clearTimeout(timer));
      socket.on('error', () => undefined);
      return socket;
    }
    const tls = connectTls({
      ...{ socket, servername: host, secureContext: this.#vault.trust, ALPNProtocols: ['http/1.1'] },
    });
    tls.once('secureConnect', () => clearTimeout(timer));
    // Who asks hears of it, too; but there may be nobody any more.
    tls.on('error', () => undefined);
    socket.on('error', (error) => tls.destroy(error));
    return tls;
  }

  #fail(error: unknown, response?: ServerResponse): void {
    if (this.#isOver) return;
    const { code = '' } = error as { code?: string };
    // The words of an error may come from outside; its code is one of Node's.
    const shown = /^[A-Z0-9_]{1,60}$/.test(code) ? ` (${code})` : '';
    const isUntrusted = /CERT|SIGNATURE|ISSUER|SELF_SIGNED/.test(code);
    response?.destroy();
    this.#refuse(
      `${isUntrusted ? 'this host does not trust its certificate' : 'there is no connection with it'}${shown}`,
    );
  }
}
