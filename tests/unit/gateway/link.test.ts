import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { Deframer, Link } from '../../../src/gateway/link.ts';

/** A card whose other end takes what comes when it likes. */
function card(slow = false) {
  const frames: Buffer[] = [];
  const writes: number[] = [];
  const deframer = new Deframer();
  const socket = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      writes.push(chunk.length);
      deframer.push(chunk, (frame) => frames.push(Buffer.from(frame)));
      if (slow) setImmediate(done);
      else done();
    },
  });
  const link = new Link(
    socket as unknown as Socket,
    () => undefined,
    () => undefined,
  );
  return { link, frames, writes };
}

/** Until nothing has come for many turns, however long these take. */
async function settled(frames: readonly Buffer[]): Promise<void> {
  let before = -1;
  for (let quiet = 0; quiet < 20; quiet = frames.length === before ? quiet + 1 : 0) {
    before = frames.length;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
const frame = (n: number, length: number): Buffer => Buffer.alloc(length, (n % 255) + 1);

describe('frames to a card', () => {
  it('come whole and in order, those of one turn at once', async () => {
    const { link, frames, writes } = card();
    const sent = Array.from({ length: 100 }, (_, n) => frame(n, 60 + n * 14));
    for (const each of sent) link.send(each);
    await settled(frames);
    expect(writes).toHaveLength(1);
    expect(frames).toEqual(sent);
  });

  it('stay as they are while the other end takes its time', async () => {
    const { link, frames } = card(true);
    const sent: Buffer[] = [];
    for (let turn = 0; turn < 30; turn += 1) {
      for (let n = 0; n < 50; n += 1) {
        sent.push(frame(turn * 50 + n, 1514));
        link.send(sent.at(-1)!);
      }
      await Promise.resolve();
    }
    await settled(frames);
    expect(frames).toHaveLength(sent.length);
    expect(Buffer.concat(frames).equals(Buffer.concat(sent))).toBe(true);
  });

  it('are filled up with nothing, and never with what was there before', async () => {
    const { link, frames } = card();
    for (let n = 0; n < 5000; n += 1) link.send(frame(n, n % 2 === 0 ? 1514 : 14));
    await settled(frames);
    const short = frames.filter((each) => each.length === 60);
    expect(short).toHaveLength(2500);
    expect(short.every((each) => each.subarray(14).every((byte) => byte === 0))).toBe(true);
  });

  it('are dropped when the other end takes none any more', async () => {
    const { link, frames } = card(true);
    for (let n = 0; n < 20_000; n += 1) {
      link.send(frame(n, 1514));
      if (n % 50 === 0) await Promise.resolve();
    }
    await settled(frames);
    expect(frames.length).toBeGreaterThan(1000);
    expect(frames.length).toBeLessThan(20_000);
  });
});
