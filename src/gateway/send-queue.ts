/** What is on its way to the guest and not acknowledged yet: pieces of a stream, by their sequence numbers. */
import { sequenceDifference } from './bytes.ts';

interface Piece {
  readonly sequence: number;
  readonly data: Buffer;
}

export class SendQueue {
  readonly #pieces: Piece[] = [];
  /** The first one that was not sent, or is to be sent again. */
  #next = 0;
  #end: number;
  #size = 0;

  /** @param begin sequence number of the first byte */
  constructor(begin: number) {
    this.#end = begin;
  }

  /** Bytes that are not acknowledged. */
  get size(): number {
    return this.#size;
  }

  /** The sequence number behind the last byte. */
  get end(): number {
    return this.#end;
  }

  get allSent(): boolean {
    return this.#next === this.#pieces.length;
  }

  /** Behind the last byte that was sent. */
  get sent(): number {
    return this.#pieces[this.#next]?.sequence ?? this.#end;
  }

  push(data: Buffer, longest: number): void {
    for (let at = 0; at < data.length; at += longest) {
      const piece = data.subarray(at, Math.min(at + longest, data.length));
      this.#pieces.push({ sequence: this.#end, data: piece });
      this.#end = (this.#end + piece.length) >>> 0;
      this.#size += piece.length;
    }
  }

  /** @param limit sequence number up to which the guest has room. @returns the next piece that it has room for */
  next(limit: number): Piece | null {
    const piece = this.#pieces[this.#next];
    if (!piece) return null;
    const room = sequenceDifference(limit, piece.sequence);
    if (room >= piece.data.length) {
      this.#next += 1;
      return piece;
    }
    // Half a piece only when nothing else is on its way: the guest might never make more room.
    if (room <= 0 || this.#next > 0) return null;
    const [first, second] = [piece.data.subarray(0, room), piece.data.subarray(room)];
    const begin = { sequence: piece.sequence, data: first };
    this.#pieces.splice(0, 1, begin, { sequence: (piece.sequence + room) >>> 0, data: second });
    this.#next = 1;
    return begin;
  }

  /** Forgets what the guest has. */
  acknowledge(to: number): void {
    let gone = 0;
    for (const { sequence, data } of this.#pieces) {
      if (sequenceDifference(to, (sequence + data.length) >>> 0) < 0) break;
      gone += 1;
      this.#size -= data.length;
    }
    this.#pieces.splice(0, gone);
    this.#next = Math.max(0, this.#next - gone);
    const first = this.#pieces[0];
    const part = first ? sequenceDifference(to, first.sequence) : 0;
    if (!first || part <= 0) return;
    this.#pieces[0] = { sequence: to, data: first.data.subarray(part) };
    this.#size -= part;
  }

  /** Everything that is not acknowledged is sent again. */
  rewind(): void {
    this.#next = 0;
  }

  first(): Piece | null {
    return this.#pieces[0] ?? null;
  }
}
