/** Questions about names, as a guest sends them (RFC 1035), and answers. What is not sound gives null; nothing throws. */

export const TYPE = { a: 1, ptr: 12, aaaa: 28 } as const;
export const CODE = { ok: 0, malformed: 1, failed: 2, noSuchName: 3, notImplemented: 4 } as const;

export interface Question {
  readonly id: number;
  /** Lower case, without the dot at the end; null: it has letters that no host name has. */
  readonly name: string | null;
  readonly type: number;
  readonly recursionDesired: boolean;
  /** The question as it stood there, for the answer. */
  readonly raw: Buffer;
}

const CLASS_IN = 1;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** One question of class IN. Names in a question are never compressed. */
export function parseQuestion(bytes: Buffer): Question | null {
  if (bytes.length < 17) return null;
  const flags = bytes.readUInt16BE(2);
  // An answer, or no ordinary question.
  if ((flags & 0xf800) !== 0 || bytes.readUInt16BE(4) !== 1) return null;
  const labels: string[] = [];
  let at = 12;
  for (;;) {
    const length = bytes[at];
    if (length === undefined || length > 63) return null;
    at += 1;
    if (length === 0) break;
    if (at + length > bytes.length || at - 12 + length > 255) return null;
    labels.push(bytes.toString('latin1', at, at + length).toLowerCase());
    at += length;
  }
  if (at + 4 > bytes.length || bytes.readUInt16BE(at + 2) !== CLASS_IN) return null;
  return {
    id: bytes.readUInt16BE(0),
    name: labels.length > 0 && labels.every((label) => LABEL.test(label)) ? labels.join('.') : null,
    type: bytes.readUInt16BE(at),
    recursionDesired: (flags & 0x0100) !== 0,
    raw: bytes.subarray(12, at + 4),
  };
}

/** More would not fit into what every resolver takes. */
const MOST_ANSWERS = 20;

interface Answer {
  readonly code: number;
  /** Addresses of the name. */
  readonly addresses?: readonly number[];
  /** The name of the address, for a question of type PTR. */
  readonly pointer?: string;
  /** How long the guest may keep it (seconds). */
  readonly ttl?: number;
}

export function answerTo(
  question: Pick<Question, 'id' | 'recursionDesired' | 'raw'>,
  { code, addresses = [], pointer, ttl = 0 }: Answer,
): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(question.id, 0);
  header.writeUInt16BE(0x8080 | (question.recursionDesired ? 0x0100 : 0) | code, 2);
  header.writeUInt16BE(1, 4);
  const data = [
    ...addresses.slice(0, MOST_ANSWERS).map((address) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(address, 0);
      return recordOf(TYPE.a, ttl, bytes);
    }),
    ...(pointer === undefined ? [] : [recordOf(TYPE.ptr, ttl, nameBytes(pointer))]),
  ];
  header.writeUInt16BE(data.length, 6);
  return Buffer.concat([header, question.raw, ...data]);
}

/** A record about the name that was asked for, which is where the question begins. */
function recordOf(type: number, ttl: number, data: Buffer): Buffer {
  const record = Buffer.alloc(12);
  record.writeUInt16BE(0xc00c, 0);
  record.writeUInt16BE(type, 2);
  record.writeUInt16BE(CLASS_IN, 4);
  record.writeUInt32BE(ttl, 6);
  record.writeUInt16BE(data.length, 10);
  return Buffer.concat([record, data]);
}

function nameBytes(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

/** The address that a name of type PTR is about; null: it is no such name. */
export function reverseAddress(name: string): string | null {
  const found = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa$/.exec(name);
  return found ? [found[4], found[3], found[2], found[1]].join('.') : null;
}
