import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FLAG, type Segment } from '../../../src/gateway/packets.ts';
import { TcpConnection } from '../../../src/gateway/tcp-connection.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const ENDS = { local: 1, localPort: 80, guestPort: 5000 };
/** The guest's first number, close to where numbers go round. */
const BEGIN = 0xffff_fffa;

function offered(over: Partial<Segment> = {}) {
  const sent: Segment[] = [];
  const heard: string[] = [];
  let waiting = 0;
  const connection = new TcpConnection(ENDS, 1000, (segment) => sent.push(segment));
  connection.listen({
    opened: () => heard.push('opened'),
    data: (data) => heard.push(data.toString()),
    ended: () => heard.push('ended'),
    drained: () => heard.push('drained'),
    closed: (reset) => heard.push(reset ? 'reset' : 'closed'),
    waiting: () => waiting,
  });
  const guest = (flags: number, more: Partial<Segment> = {}): void =>
    connection.handle({
      ...{
        sourcePort: 5000,
        destinationPort: 80,
        sequence: (BEGIN + 1) >>> 0,
        acknowledgment: 1001,
        flags,
        window: 1000,
      },
      ...{ mss: null, scale: null, payload: Buffer.alloc(0), ...more },
    });
  connection.offer({
    ...{ sourcePort: 5000, destinationPort: 80, sequence: BEGIN, acknowledgment: 0, flags: FLAG.syn, window: 1000 },
    ...{ mss: 100, scale: null, payload: Buffer.alloc(0), ...over },
  });
  return { connection, sent, heard, guest, wait: (bytes: number) => (waiting = bytes) };
}

function agreed(over: Partial<Segment> = {}) {
  const world = offered(over);
  world.connection.accept();
  world.guest(FLAG.ack);
  world.sent.length = 0;
  return world;
}

const text = (segments: readonly Segment[]): string[] =>
  segments.map(({ payload }) => payload.toString()).filter(Boolean);
const flagsOf = (segments: readonly Segment[]): number[] => segments.map(({ flags }) => flags);

describe('a connection', () => {
  it('is answered when it is accepted, and again until the guest has heard of it', () => {
    const { connection, sent, heard, guest } = offered();
    connection.accept();
    expect(sent).toMatchObject([
      { flags: FLAG.syn | FLAG.ack, sequence: 1000, acknowledgment: 0xffff_fffb, mss: 1460, scale: null },
    ]);
    jest.advanceTimersByTime(1000);
    expect(sent).toHaveLength(2);
    guest(FLAG.ack);
    expect(heard).toEqual(['opened']);
    jest.advanceTimersByTime(60_000);
    expect(sent).toHaveLength(2);
  });

  it('scales its window only for a guest that does', () => {
    const { connection, sent } = offered({ scale: 7 });
    connection.accept();
    expect(sent[0]).toMatchObject({ scale: 4, window: 0xffff });
  });

  it('takes what comes in order, once, across the end of the numbers', () => {
    const { heard, guest, connection, sent } = agreed();
    const at = (offset: number): number => (BEGIN + 1 + offset) >>> 0;
    guest(FLAG.ack, { payload: Buffer.from('abc') });
    guest(FLAG.ack, { sequence: at(5), payload: Buffer.from('far') });
    guest(FLAG.ack, { sequence: at(1), payload: Buffer.from('bcdef') });
    guest(FLAG.ack, { payload: Buffer.from('abc') });
    guest(FLAG.ack | FLAG.fin, { sequence: at(6), payload: Buffer.from('g') });
    connection.flush();
    expect(heard).toEqual(['opened', 'abc', 'def', 'g', 'ended']);
    expect(sent.at(-1)).toMatchObject({ acknowledgment: at(8) });
  });

  it('takes no more than it has room for', () => {
    const { heard, guest, wait } = agreed();
    wait(256 * 1024);
    guest(FLAG.ack, { payload: Buffer.alloc(65_000, 'x') });
    expect(heard[1]).toHaveLength(65_000);
    guest(FLAG.ack, { sequence: (BEGIN + 65_001) >>> 0, payload: Buffer.alloc(60_000, 'y') });
    expect(heard).toHaveLength(2);
  });

  it('sends in pieces as the guest has room, and again what is not acknowledged', () => {
    const { connection, sent, guest } = agreed({ window: 250 });
    guest(FLAG.ack, { window: 250 });
    sent.length = 0;
    connection.write(Buffer.from('a'.repeat(100) + 'b'.repeat(100) + 'c'.repeat(100)));
    expect(text(sent)).toEqual(['a'.repeat(100), 'b'.repeat(100)]);
    sent.length = 0;
    jest.advanceTimersByTime(1000);
    expect(text(sent)[0]).toBe('a'.repeat(100));
    sent.length = 0;
    guest(FLAG.ack, { acknowledgment: 1101, window: 250 });
    expect(text(sent)).toEqual(['b'.repeat(100), 'c'.repeat(100)]);
    guest(FLAG.ack, { acknowledgment: 1301, window: 250 });
    sent.length = 0;
    jest.advanceTimersByTime(120_000);
    expect(sent).toEqual([]);
  });

  it('sends the first piece again when the guest asks three times', () => {
    const { connection, sent, guest } = agreed();
    connection.write(Buffer.from('x'.repeat(300)));
    sent.length = 0;
    for (let n = 0; n < 3; n += 1) guest(FLAG.ack);
    expect(text(sent)).toEqual(['x'.repeat(100)]);
  });

  it('asks a guest without room now and then, and goes on when there is some', () => {
    const { connection, sent, guest } = agreed();
    guest(FLAG.ack, { window: 0 });
    connection.write(Buffer.from('late'));
    expect(text(sent)).toEqual([]);
    jest.advanceTimersByTime(1000);
    expect(sent.at(-1)).toMatchObject({ sequence: 1000, flags: FLAG.ack });
    guest(FLAG.ack, { window: 2 });
    expect(text(sent)).toEqual(['la']);
    guest(FLAG.ack, { acknowledgment: 1003, window: 100 });
    expect(text(sent)).toEqual(['la', 'te']);
  });

  it('says when it is full, and when there is room again', () => {
    const { connection, heard, guest } = agreed();
    expect(connection.write(Buffer.alloc(600 * 1024))).toBe(false);
    guest(FLAG.ack, { acknowledgment: 1001 + 400 * 1024 });
    // It has sent no more than there was room for: nobody can have that.
    expect(heard).toEqual(['opened', 'drained']);
  });

  it('ends when both sides have, and lingers for a last word that was lost', () => {
    const { connection, sent, heard, guest } = agreed();
    connection.end();
    expect(flagsOf(sent)).toEqual([FLAG.fin | FLAG.ack]);
    guest(FLAG.ack | FLAG.fin, { acknowledgment: 1002 });
    expect(heard).toEqual(['opened', 'ended']);
    guest(FLAG.ack | FLAG.fin, { acknowledgment: 1002 });
    connection.flush();
    jest.advanceTimersByTime(1000);
    expect(heard.at(-1)).toBe('closed');
    expect(connection.isClosed).toBe(true);
  });

  it('is reset by the guest only with the number that is expected', () => {
    const { heard, guest } = agreed();
    guest(FLAG.rst, { sequence: 7 });
    expect(heard).toEqual(['opened']);
    guest(FLAG.rst);
    expect(heard).toEqual(['opened', 'reset']);
  });

  it('is given up when a guest never answers', () => {
    const { connection, heard } = agreed();
    connection.write(Buffer.from('x'));
    jest.advanceTimersByTime(60 * 60_000);
    expect(heard.at(-1)).toBe('reset');
  });

  it('can be begun by us', () => {
    const sent: Segment[] = [];
    const heard: string[] = [];
    const connection = new TcpConnection(ENDS, 1000, (segment) => sent.push(segment));
    const note = (what: string) => () => void heard.push(what);
    connection.listen({
      ...{ opened: note('opened'), data: (data) => heard.push(data.toString()), ended: note('ended') },
      ...{ drained: note('drained'), closed: note('closed'), waiting: () => 0 },
    });
    connection.call();
    expect(sent).toMatchObject([{ flags: FLAG.syn, sequence: 1000, mss: 1460, scale: 4 }]);
    const answer = { sourcePort: 5000, destinationPort: 80, sequence: 9, acknowledgment: 1001, window: 500 };
    const rest = { mss: 100, scale: 0, payload: Buffer.alloc(0) };
    connection.handle({ ...answer, ...rest, acknowledgment: 5, flags: FLAG.syn | FLAG.ack });
    expect(heard).toEqual([]);
    connection.handle({ ...answer, ...rest, flags: FLAG.syn | FLAG.ack });
    connection.flush();
    expect(heard).toEqual(['opened']);
    expect(sent.at(-1)).toMatchObject({ flags: FLAG.ack, acknowledgment: 10 });
  });
});
