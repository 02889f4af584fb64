/** Heads of requests and answers on their way through an opened connection. Pure. */
import type { IncomingMessage } from 'node:http';
import { isHostName } from './client-hello.ts';
import type { Swap } from './swap.ts';

/** In order, as they came. */
export type Head = (readonly [name: string, value: string])[];

/** They are about one connection, and there are two. */
const OF_A_CONNECTION = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'upgrade', 'http2-settings'];
/**
 * What a guest asks for in pieces shows a secret in pieces that nobody can tell, and so does what is packed. A server is free to
 * answer with all of it.
 */
const IN_PIECES = ['range', 'if-range', 'accept-encoding'];
/** Fields that say where a request ends or for whom it is: no secret is put in there. */
const AS_IT_IS = ['host', 'content-length', 'transfer-encoding'];

function pairs(raw: readonly string[]): Head {
  return Array.from({ length: raw.length / 2 }, (_, n) => [raw[2 * n]!, raw[2 * n + 1]!] as const);
}

export function requestHead(raw: readonly string[], swap: Swap, without: readonly string[] = []): Head {
  const left = new Set([...OF_A_CONNECTION, ...IN_PIECES, ...without]);
  const head = pairs(raw).filter(([name]) => !left.has(name.toLowerCase()));
  const put = head.map(
    ([name, value]) => [name, AS_IT_IS.includes(name.toLowerCase()) ? value : swap.field(value)] as const,
  );
  return [...put, ['Accept-Encoding', 'identity']];
}

/** `alt-svc` names another way to the host, which would not be opened. */
export function answerHead(raw: readonly string[], swap: Swap, without: readonly string[] = []): Head {
  const left = new Set([...OF_A_CONNECTION, 'transfer-encoding', 'alt-svc', ...without]);
  return pairs(raw)
    .filter(([name]) => !left.has(name.toLowerCase()))
    .map(([name, value]) => [name, swap.answer(value)] as const);
}

/** Whose length is not said has no body, and servers want to be told. */
export function withLength({ method, headers }: Pick<IncomingMessage, 'method' | 'headers'>, head: Head): Head {
  const isSaid = headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;
  return isSaid || !/^(?:POST|PUT|PATCH)$/.test(method ?? '') ? head : [...head, ['Content-Length', '0']];
}

/** The beginning of an answer, for a connection that HTTP is done with. */
export function headText(status: number, message: string, head: Head): string {
  const fields = head.map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${message}\r\n${fields.join('')}\r\n`;
}

/** The target without what it says of the host. */
export const originForm = (target: string): string =>
  target.replace(/^https?:\/\/[^/?#]*/i, '').replace(/^(?![/*])/, '/');

/** The one host that a request is for, by its field and its target; null: none, two, or another port than it came to. */
export function hostOfRequest(
  { rawHeaders, url = '' }: Pick<IncomingMessage, 'rawHeaders' | 'url'>,
  port: number,
): string | null {
  const fields = pairs(rawHeaders).filter(([name]) => name.toLowerCase() === 'host');
  if (fields.length !== 1) return null;
  const host = nameOf(fields[0]![1], port);
  const absolute = /^[a-z]+:\/\/([^/?#]*)/i.exec(url);
  if (absolute && nameOf(absolute[1] ?? '', port) !== host) return null;
  return host;
}

function nameOf(text: string, port: number): string | null {
  const [, name = '', said = String(port)] = /^([^:@]+)(?::(\d{1,5}))?$/.exec(text.trim().toLowerCase()) ?? [];
  const plain = name.endsWith('.') ? name.slice(0, -1) : name;
  return Number(said) === port && isHostName(plain) ? plain : null;
}

export type Decoder = 'gzip' | 'deflate' | 'br';

/** What an answer is packed by, although nobody asked for it; null: it is not. */
export function decoderOf(coding: string | undefined): Decoder | 'unknown' | null {
  switch ((coding ?? 'identity').trim().toLowerCase()) {
    case 'identity':
    case '':
      return null;
    case 'gzip':
    case 'x-gzip':
      return 'gzip';
    case 'deflate':
      return 'deflate';
    case 'br':
      return 'br';
    default:
      return 'unknown';
  }
}
