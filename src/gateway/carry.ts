/** What an opened connection carries beside heads: bodies of answers, and frames of WebSockets. */
import type { IncomingMessage } from 'node:http';
import { pipeline, Transform, type Duplex, type TransformCallback, type Writable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Decoder } from './heads.ts';
import type { Swap } from './swap.ts';

const DECODERS = { gzip: createGunzip, deflate: createInflate, br: createBrotliDecompress } as const;

/** Each part goes on as it comes. One that breaks off breaks off on the other side, too. */
export function carryAnswer(answer: IncomingMessage, decoder: Decoder | null, swap: Swap, guest: Writable): void {
  const done = (error: Error | null | undefined): void => {
    if (error) guest.destroy();
  };
  if (decoder === null) pipeline(answer, filtering(swap), guest, done);
  else pipeline(answer, DECODERS[decoder](), filtering(swap), guest, done);
}

/** Nothing is not pushed: that would be the end. */
const put = (bytes: Buffer, done: TransformCallback): void => done(null, bytes.length > 0 ? bytes : undefined);

function filtering(swap: Swap): Transform {
  const filter = swap.filter();
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => put(filter.push(chunk), done),
    flush: (done) => put(filter.end(), done),
  });
}

interface Side {
  readonly socket: Duplex;
  /** What it has said already. */
  readonly begun: Buffer;
}

/** A frame says how long it is: in the place of a secret nothing else can stand, so all is broken off before it goes on. */
export function carryFrames(guest: Side, real: Side, swap: Swap, shown: () => void): void {
  // A frame that is held back until the next one comes may be the one that asks for that.
  const filter = swap.filter('beginning');
  const check = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      const bytes = filter.push(chunk);
      if (filter.found > 0) {
        shown();
        done(new Error('a secret within frames'));
      } else put(bytes, done);
    },
    flush: (done) => put(filter.end(), done),
  });
  if (real.begun.length > 0) check.write(real.begun);
  if (guest.begun.length > 0) real.socket.write(guest.begun);
  const end = (): void => {
    guest.socket.destroy();
    real.socket.destroy();
  };
  pipeline(real.socket, check, guest.socket, end);
  pipeline(guest.socket, real.socket, end);
}
