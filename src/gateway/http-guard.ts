/**
 * Follows the requests of an HTTP/1 connection and says for which host each is. One connection may hold many, and a server that
 * serves several hosts goes by each anew. What two readers could read in two ways is refused. Nothing throws.
 */
import { isHostName } from './client-hello.ts';

/** The head of one request (bytes). */
export const LONGEST_HEAD = 16 * 1024;

export type Finding =
  /** These bytes may go on to the server. */
  { readonly is: 'fine'; readonly pass: Buffer } | { readonly is: 'refused'; readonly why: string };

const METHODS = /^(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH|PROPFIND|REPORT|TRACE|MKCOL|COPY|MOVE|LOCK|UNLOCK)$/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const REQUEST = /^([A-Z]+) ([\x21-\x7e]+) HTTP\/1\.[01]$/;

/** Whether bytes that came first may be the beginning of a request. */
export const looksLikeHttp = (bytes: Buffer): boolean => {
  const word = /^[A-Z]{1,12}/.exec(bytes.toString('latin1', 0, 13))?.[0] ?? '';
  return word.length > 0 && (word.length === bytes.length || (METHODS.test(word) && bytes[word.length] === 0x20));
};

type Body =
  | { readonly is: 'head' }
  | { readonly is: 'length'; left: number }
  | { readonly is: 'size' }
  | { readonly is: 'chunk'; left: number }
  | { readonly is: 'trailer' };

export class HttpGuard {
  readonly #isAllowed: (host: string) => boolean;
  #body: Body = { is: 'head' };
  #line: Buffer = EMPTY;

  /** @param isAllowed by the name in a request, without its port */
  constructor(isAllowed: (host: string) => boolean) {
    this.#isAllowed = isAllowed;
  }

  /** What a head is not known of yet is held back. */
  push(chunk: Buffer): Finding {
    const passed: Buffer[] = [];
    let rest = chunk;
    while (rest.length > 0) {
      const body = this.#body;
      if (body.is === 'length' || body.is === 'chunk') {
        const part = rest.subarray(0, body.left);
        body.left -= part.length;
        rest = rest.subarray(part.length);
        passed.push(part);
        if (body.left === 0) this.#body = body.is === 'length' ? { is: 'head' } : { is: 'size' };
        continue;
      }
      const bytes: Buffer = this.#line.length > 0 ? Buffer.concat([this.#line, rest]) : rest;
      const end = endOf(bytes, body.is);
      if (end < 0) {
        if (bytes.length > LONGEST_HEAD) return { is: 'refused', why: 'the head of its request is too long' };
        this.#line = Buffer.from(bytes);
        break;
      }
      if (end > LONGEST_HEAD) return { is: 'refused', why: 'the head of its request is too long' };
      const text = bytes.toString('latin1', 0, end);
      const why =
        body.is === 'head' ? this.#readHead(text) : body.is === 'size' ? this.#readSize(text) : this.#readTrailer(text);
      if (why !== null) return { is: 'refused', why };
      passed.push(bytes.subarray(0, end));
      rest = bytes.subarray(end);
      this.#line = EMPTY;
    }
    return { is: 'fine', pass: Buffer.concat(passed) };
  }

  #readHead(text: string): string | null {
    const lines = text.slice(0, -4).split('\r\n');
    if (lines.some((line) => /[\r\n\0]/.test(line))) return 'its request is not sound';
    const [first = '', ...fields] = lines;
    const [, method = '', target = ''] = REQUEST.exec(first) ?? [];
    if (method === 'CONNECT') return 'it asks a server to connect it elsewhere';
    if (!METHODS.test(method)) return 'its request is not sound';
    const head = new Map<string, string>();
    for (const field of fields) {
      const colon = field.indexOf(':');
      const name = field.slice(0, colon).toLowerCase();
      if (colon < 1 || !TOKEN.test(name)) return 'its request is not sound';
      const once = name === 'host' || name === 'content-length' || name === 'transfer-encoding';
      if (once && head.has(name)) return `its request has two fields ${name}`;
      head.set(name, field.slice(colon + 1).trim());
    }
    if (head.has('upgrade')) return 'it asks to speak another protocol from there on';
    return this.#readHost(target, head.get('host')) ?? this.#readLength(head);
  }

  #readHost(target: string, field: string | undefined): string | null {
    const host = nameOf(field ?? '');
    if (host === null) return 'its request names no host';
    const absolute = /^[a-z]+:\/\/([^/?#]*)/i.exec(target);
    if (absolute && nameOf(absolute[1] ?? '') !== host) return `its request is for two hosts at once`;
    if (!absolute && !target.startsWith('/') && target !== '*') return 'its request is not sound';
    return this.#isAllowed(host) ? null : `its request is for ${host}`;
  }

  #readLength(head: ReadonlyMap<string, string>): string | null {
    const length = head.get('content-length');
    const coding = head.get('transfer-encoding');
    if (coding !== undefined) {
      if (length !== undefined || coding.toLowerCase() !== 'chunked') return 'the length of its request is not clear';
      this.#body = { is: 'size' };
      return null;
    }
    if (length !== undefined && !/^\d{1,15}$/.test(length)) return 'the length of its request is not clear';
    const left = Number(length ?? 0);
    this.#body = left > 0 ? { is: 'length', left } : { is: 'head' };
    return null;
  }

  #readSize(line: string): string | null {
    const found = /^([0-9a-f]{1,12})\r\n$/i.exec(line);
    if (!found) return 'the length of its request is not clear';
    const size = Number.parseInt(found[1]!, 16);
    // The line break behind it is counted in.
    this.#body = size === 0 ? { is: 'trailer' } : { is: 'chunk', left: size + 2 };
    return null;
  }

  #readTrailer(line: string): string | null {
    if (line !== '\r\n') return 'its request has fields behind its end';
    this.#body = { is: 'head' };
    return null;
  }
}

const EMPTY = Buffer.alloc(0);

function endOf(bytes: Buffer, what: 'head' | 'size' | 'trailer'): number {
  const mark = what === 'head' ? '\r\n\r\n' : '\r\n';
  const at = bytes.indexOf(mark, 0, 'latin1');
  return at < 0 ? -1 : at + mark.length;
}

/** The host of `name:port`; null: it is none. An address is one, too. */
function nameOf(text: string): string | null {
  const name = /^([^:@]+)(?::\d{0,5})?$/.exec(text.toLowerCase())?.[1] ?? '';
  const plain = name.endsWith('.') ? name.slice(0, -1) : name;
  return isHostName(plain) ? plain : null;
}
