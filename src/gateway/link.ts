/**
 * One end of a network card: frames over a socket, each behind its length (4 bytes, big-endian), as QEMU's `-netdev stream` has
 * them.
 */
import type { Socket } from 'node:net';

/** QEMU sends none that is longer; what says otherwise is no card. */
const LONGEST = 69_632;
/** Frames that wait for a guest that takes none are dropped beyond so many bytes: they are sent again by who sent them. */
const WAITING = 4 * 1024 * 1024;

/** Takes a stream apart. Gives false once it makes no sense any more. */
export class Deframer {
  #rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer, take: (frame: Buffer) => void): boolean {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (bytes.length - at >= 4) {
      const length = bytes.readUInt32BE(at);
      if (length === 0 || length > LONGEST) return false;
      if (bytes.length - at - 4 < length) break;
      take(bytes.subarray(at + 4, at + 4 + length));
      at += 4 + length;
    }
    this.#rest = at === bytes.length ? EMPTY : Buffer.from(bytes.subarray(at));
    return true;
  }
}

const EMPTY = Buffer.alloc(0);

/** Ethernet has no shorter ones. */
const SHORTEST = 60;
/** Frames are put one behind the other into pieces of this size, which go out whole: a write for each would cost more than the frame. */
const PIECE = 256 * 1024;

export class Link {
  readonly #socket: Socket;
  #piece: Buffer = EMPTY;
  #begin = 0;
  #end = 0;

  /** @param take gets each frame; `after` is called when there are no more for now */
  constructor(socket: Socket, take: (frame: Buffer) => void, after: () => void) {
    this.#socket = socket;
    const deframer = new Deframer();
    socket.on('data', (chunk: Buffer) => {
      if (!deframer.push(chunk, take)) socket.destroy(new Error('what comes from QEMU is no sequence of frames'));
      after();
    });
  }

  send(frame: Buffer): void {
    if (this.#socket.destroyed || this.#socket.writableLength > WAITING) return;
    const length = Math.max(SHORTEST, frame.length);
    if (this.#piece.length - this.#end < 4 + length) this.#next();
    // All of one turn go out as one.
    else if (this.#end === this.#begin) process.nextTick(() => this.#flush());
    this.#piece.writeUInt32BE(length, this.#end);
    frame.copy(this.#piece, this.#end + 4);
    // What was here before is nobody's.
    if (frame.length < length) this.#piece.fill(0, this.#end + 4 + frame.length, this.#end + 4 + length);
    this.#end += 4 + length;
  }

  /** Another piece, as what was written is the socket's until it is gone. */
  #next(): void {
    this.#flush();
    this.#piece = Buffer.allocUnsafeSlow(PIECE);
    [this.#begin, this.#end] = [0, 0];
    process.nextTick(() => this.#flush());
  }

  #flush(): void {
    if (this.#end === this.#begin) return;
    this.#socket.write(this.#piece.subarray(this.#begin, this.#end));
    this.#begin = this.#end;
  }
}
