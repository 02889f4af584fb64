/** Joins a connection of the guest's with a socket of the host, both ways, at the pace of whoever is slower. */
import type { Socket } from 'node:net';
import type { TcpConnection } from './tcp-connection.ts';

export interface Carried {
  /** What the guest says, before it goes on; null: the connection is to be broken off. */
  readonly filter: (data: Buffer) => Buffer | null;
  readonly sent: (bytes: number) => void;
  readonly received: (bytes: number) => void;
  /** Neither is there any more. */
  readonly closed: () => void;
}

/** @param held what the guest has said already, and was not passed on */
export function joinStreams(connection: TcpConnection, socket: Socket, held: Buffer | null, carried: Carried): void {
  let ended = false;
  const finish = (): void => {
    if (ended) return;
    ended = true;
    carried.closed();
  };
  const give = (data: Buffer): void => {
    const passed = carried.filter(data);
    if (passed === null) {
      socket.destroy();
      connection.reset();
      return;
    }
    if (passed.length === 0) return;
    // Nobody hears it any more.
    if (socket.destroyed || socket.writableEnded) {
      connection.reset();
      return;
    }
    carried.sent(passed.length);
    // What comes in one turn goes on as one: a write for each packet would cost more than the packet.
    if (socket.writableCorked === 0) {
      socket.cork();
      process.nextTick(() => socket.uncork());
    }
    // It is a part of what came from the card, which is larger.
    socket.write(Buffer.from(passed));
  };
  connection.listen({
    opened: () => undefined,
    data: give,
    ended: () => socket.end(),
    drained: () => socket.resume(),
    waiting: () => socket.writableLength,
    closed: (reset) => {
      if (reset) socket.resetAndDestroy();
      else socket.destroySoon();
      finish();
    },
  });
  socket.on('data', (data: Buffer) => {
    carried.received(data.length);
    if (!connection.write(data)) socket.pause();
  });
  socket.on('drain', () => connection.roomMade());
  socket.on('end', () => connection.end());
  socket.on('error', () => connection.reset());
  socket.on('close', (failed: boolean) => {
    if (failed) connection.reset();
    else connection.end();
  });
  if (held && held.length > 0) give(held);
  socket.resume();
}
