/**
 * Replaces texts in a stream of bytes, also where one is cut in two. Of what may go on it holds back the end, and not for how much that
 * has of a text: whoever chose the bytes would see how far his guess was right. So that a stream that is read as it comes is not kept
 * waiting, a byte that no text has, such as the end of a line, lets everything go. Pure.
 */
export class EchoFilter {
  readonly #pairs: readonly (readonly [needle: Buffer, instead: Buffer])[];
  /** A text can lack no more than this of what has come. */
  readonly #most: number;
  readonly #holds: 'end' | 'beginning';
  #held: Buffer = EMPTY;
  #found = 0;

  /**
   * @param pairs what holds another goes before it; none is empty, or has a needle with other signs than `!` to `~`
   * @param holds `beginning`: only what may be the beginning of a text, where nothing says when more will come
   */
  constructor(pairs: Iterable<readonly [needle: string, instead: string]>, holds: 'end' | 'beginning' = 'end') {
    this.#pairs = [...pairs].map(([needle, instead]) => [Buffer.from(needle), Buffer.from(instead)]);
    this.#most = Math.max(1, ...this.#pairs.map(([needle]) => needle.length)) - 1;
    this.#holds = holds;
  }

  /** How often something was replaced. */
  get found(): number {
    return this.#found;
  }

  push(chunk: Buffer): Buffer {
    return this.#replace(this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]), false);
  }

  /** There is no more. */
  end(): Buffer {
    return this.#replace(this.#held, true);
  }

  #replace(bytes: Buffer, isLast: boolean): Buffer {
    const parts: Buffer[] = [];
    const heldFrom = isLast ? bytes.length : this.#holds === 'end' ? this.#end(bytes) : this.#beginning(bytes);
    let at = 0;
    for (;;) {
      const next = this.#next(bytes, at);
      // What begins a longer one is not taken for a shorter one before it is known.
      if (next === null || next.at >= heldFrom) break;
      parts.push(bytes.subarray(at, next.at), next.instead);
      at = next.at + next.length;
      this.#found += 1;
    }
    const until = Math.max(at, heldFrom);
    parts.push(bytes.subarray(at, until));
    this.#held = until < bytes.length ? Buffer.from(bytes.subarray(until)) : EMPTY;
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  /** The first of all, and where several begin at once, the one that comes first in the list. */
  #next(bytes: Buffer, from: number): { at: number; length: number; instead: Buffer } | null {
    let found: { at: number; length: number; instead: Buffer } | null = null;
    for (const [needle, instead] of this.#pairs) {
      const at = bytes.indexOf(needle, from);
      if (at >= 0 && (found === null || at < found.at)) found = { at, length: needle.length, instead };
    }
    return found;
  }

  /** Where what a text could be in begins, whatever the texts are. */
  #end(bytes: Buffer): number {
    let from = bytes.length;
    while (from > 0 && bytes.length - from < this.#most && isSign(bytes[from - 1]!)) from -= 1;
    return from;
  }

  /** Where the first text may have begun that is not all there yet. */
  #beginning(bytes: Buffer): number {
    let first = bytes.length;
    for (const [needle] of this.#pairs) {
      const from = Math.max(0, bytes.length - needle.length + 1);
      for (let at = from; at < first; at += 1)
        if (bytes.compare(needle, 0, bytes.length - at, at) === 0) {
          first = at;
          break;
        }
    }
    return first;
  }
}

const isSign = (byte: number): boolean => byte >= 0x21 && byte <= 0x7e;

const EMPTY = Buffer.alloc(0);
