/** A connection with the guest as a stream of Node's, for what Node's own TLS and HTTP are to be spoken on. */
import { Duplex } from 'node:stream';
import type { TcpConnection } from './tcp-connection.ts';

export interface Counted {
  readonly sent: (bytes: number) => void;
  readonly received: (bytes: number) => void;
  /** The connection is no more. */
  readonly closed: () => void;
}

/**
 * From here on nobody else listens to the connection.
 * @param held what the guest has said already
 */
export function guestStream(connection: TcpConnection, held: Buffer, { sent, received, closed }: Counted): Duplex {
  let resume: (() => void) | null = null;
  const stream = new Duplex({
    // The guest says that it is done, and may still listen.
    allowHalfOpen: true,
    read: () => connection.roomMade(),
    write(chunk: Buffer, _encoding, done) {
      received(chunk.length);
      if (connection.write(chunk)) done();
      else resume = done;
    },
    final(done) {
      connection.end();
      done();
    },
    destroy(error, done) {
      // One that came to its end has nothing more to be told.
      if (!stream.writableFinished) connection.reset();
      done(error);
    },
  });
  const hear = (data: Buffer): void => {
    sent(data.length);
    // It is a part of what came from the card, which is larger.
    stream.push(Buffer.from(data));
  };
  connection.listen({
    opened: () => undefined,
    data: hear,
    ended: () => void stream.push(null),
    drained: () => {
      const done = resume;
      resume = null;
      done?.();
    },
    waiting: () => stream.readableLength,
    closed: () => {
      stream.destroy();
      closed();
    },
  });
  // Whoever listens later hears of it by the end of the stream.
  stream.on('error', () => undefined);
  if (held.length > 0) hear(held);
  return stream;
}
