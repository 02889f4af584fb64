/** The first words of a TLS client: the name that it asks for. Reads what is hostile; nothing throws. */

/** More than this is no greeting (bytes). */
export const LONGEST_GREETING = 16 * 1024;

export type Greeting =
  /** Not all of it is there yet. */
  | { readonly is: 'part' }
  /** No TLS at all. */
  | { readonly is: 'other' }
  /** `name` is null where it asks for none, or for one that is no host name. */
  | { readonly is: 'tls'; readonly name: string | null };

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;

const OTHER: Greeting = { is: 'other' };
const PART: Greeting = { is: 'part' };

/** Whether bytes that came first may be the beginning of TLS. */
export const looksLikeTls = (bytes: Buffer): boolean =>
  bytes.length > 0 && bytes[0] === HANDSHAKE && (bytes.length < 2 || bytes[1] === 3);

export function readGreeting(bytes: Buffer): Greeting {
  const handshake: Buffer[] = [];
  let gathered = 0;
  for (let at = 0; at < bytes.length;) {
    // It may be spread over several records.
    if (bytes[at] !== HANDSHAKE) return OTHER;
    if (bytes.length - at < 5) break;
    if (bytes[at + 1] !== 3) return OTHER;
    const length = bytes.readUInt16BE(at + 3);
    if (length === 0 || length > LONGEST_GREETING) return OTHER;
    const part = bytes.subarray(at + 5, at + 5 + length);
    handshake.push(part);
    gathered += part.length;
    at += 5 + length;
    if (gathered >= 4) {
      const all = Buffer.concat(handshake);
      if (all[0] !== CLIENT_HELLO) return OTHER;
      const needed = 4 + all.readUIntBE(1, 3);
      if (needed > LONGEST_GREETING) return OTHER;
      if (all.length >= needed) return { is: 'tls', name: serverName(all.subarray(4, needed)) };
    }
  }
  return bytes.length > LONGEST_GREETING ? OTHER : PART;
}

/** Goes through parts of which each says how long it is. */
class Reader {
  #at = 0;
  readonly #bytes: Buffer;
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }
  get left(): number {
    return this.#bytes.length - this.#at;
  }
  number(size: 1 | 2): number | null {
    if (this.left < size) return null;
    this.#at += size;
    return this.#bytes.readUIntBE(this.#at - size, size);
  }
  take(length: number | null): Buffer | null {
    if (length === null || this.left < length) return null;
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
}

function serverName(hello: Buffer): string | null {
  const reader = new Reader(hello);
  if (!reader.take(34)) return null;
  if (!reader.take(reader.number(1))) return null;
  if (!reader.take(reader.number(2))) return null;
  if (!reader.take(reader.number(1))) return null;
  const block = reader.take(reader.number(2));
  if (!block) return null;
  const extensions = new Reader(block);
  let found: string | null = null;
  let seen = 0;
  while (extensions.left > 0) {
    const type = extensions.number(2);
    const data = extensions.take(extensions.number(2));
    if (type === null || !data) return null;
    if (type !== SERVER_NAME) continue;
    seen += 1;
    found = nameIn(data);
  }
  // Two of them are read by each server as it likes.
  return seen === 1 ? found : null;
}

function nameIn(data: Buffer): string | null {
  const reader = new Reader(data);
  const list = reader.take(reader.number(2));
  if (!list || reader.left > 0) return null;
  const names = new Reader(list);
  if (names.number(1) !== 0) return null;
  const name = names.take(names.number(2))?.toString('latin1').toLowerCase() ?? '';
  return names.left === 0 && isHostName(name) ? name : null;
}

/** ASCII, with at least one dot, as it stands in certificates. */
export const isHostName = (name: string): boolean =>
  name.length <= 253 && /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{1,63}$/.test(name);
