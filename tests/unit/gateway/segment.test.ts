import { describe, expect, it } from '@jest/globals';
import { Peers } from '../../../src/gateway/peers.ts';
import { Segment } from '../../../src/gateway/segment.ts';
import { TcpConnection } from '../../../src/gateway/tcp-connection.ts';

/** A socket that exists, for machines that are there. */
const SOCKET = import.meta.filename;

function world(known: Record<string, readonly string[] | null>) {
  let own: readonly string[] = ['back'];
  const peers = new Peers((name) => (name in known ? SOCKET : null));
  // The socket is that of all of them: they are told apart by who is asked about.
  let asked = '';
  const socketOf = peers.socketOf;
  Object.assign(peers, {
    socketOf: (name: string) => {
      asked = name;
      return socketOf(name);
    },
  });
  const segment = new Segment(
    peers,
    () => own,
    () => Promise.resolve(known[asked] ?? null),
  );
  return { segment, move: (networks: readonly string[]) => (own = networks) };
}

const connection = (): TcpConnection => new TcpConnection({ local: 1, localPort: 2, guestPort: 3 }, 4, () => undefined);

describe('the machines on networks of this one', () => {
  it('have an address, and no others do', async () => {
    const { segment } = world({ db: ['back', 'x'], web: ['front'], mute: null });
    expect(await segment.addressOf('db')).not.toBeNull();
    for (const name of ['web', 'mute', 'nobody', '../db'])
      expect([name, await segment.addressOf(name)]).toEqual([name, null]);
  });

  it('may call, by the networks that they say', () => {
    const { segment, move } = world({});
    expect([segment.shares(['front', 'back']), segment.shares(['front']), segment.shares([])]).toEqual([
      true,
      false,
      false,
    ]);
    move(['front']);
    expect(segment.shares(['front'])).toBe(true);
  });

  it('are left alone when this one moves, unless they share none with it any more', async () => {
    const known: Record<string, readonly string[] | null> = { db: ['back'], both: ['back', 'front'], web: ['back'] };
    const { segment, move } = world(known);
    const open = Object.fromEntries(Object.keys(known).map((name) => [name, connection()]));
    for (const [name, one] of Object.entries(open)) segment.keep(one, name);
    // It has moved too since, and says so only when it is asked.
    known['web'] = ['front'];
    move(['front']);
    await segment.judgeAgain();
    expect(Object.entries(open).map(([name, one]) => [name, one.isClosed])).toEqual([
      ['db', true],
      ['both', false],
      ['web', false],
    ]);
  });

  it('break off with one that does not tell', async () => {
    const known: Record<string, readonly string[] | null> = { db: ['back'] };
    const { segment } = world(known);
    const [kept, forgotten] = [connection(), connection()];
    for (const one of [kept, forgotten]) segment.keep(one, 'db');
    segment.forget(forgotten);
    known['db'] = null;
    await segment.judgeAgain();
    expect([kept.isClosed, forgotten.isClosed]).toEqual([true, false]);
  });
});
