import { describe, expect, it } from '@jest/globals';
import { EventLog } from '../../../src/qemu/events.ts';

const named =
  (name: string) =>
  ({ event }: { event: string }): boolean =>
    event === name;
const event = (name: string, n = 0): { event: string; data: { n: number } } => ({ event: name, data: { n } });

describe('waiting', () => {
  it('finds what has already happened, the first one first', async () => {
    const log = new EventLog();
    log.push(event('A', 1));
    log.push(event('A', 2));
    expect((await log.wait(named('A'))).data).toEqual({ n: 1 });
  });

  it('does not count what is older than the mark', async () => {
    const log = new EventLog();
    log.push(event('A', 1));
    const waiting = log.wait(named('A'), { since: log.mark() });
    log.push(event('B'));
    log.push(event('A', 2));
    expect((await waiting).data).toEqual({ n: 2 });
  });

  it('keeps marks meaningful when old events have been dropped', async () => {
    const log = new EventLog();
    for (let n = 0; n < 10_000; n += 1) log.push(event('OLD', n));
    const mark = log.mark();
    log.push(event('NEW', 1));
    expect(mark).toBe(10_000);
    expect((await log.wait(() => true, { since: mark })).event).toBe('NEW');
    expect((await log.wait(() => true)).data['n']).toBeGreaterThan(0);
  });

  it('rejects when the time is over, the signal says so, or the predicate throws', async () => {
    const log = new EventLog();
    await expect(log.wait(named('A'), { timeout: 1 })).rejects.toMatchObject({ code: 'qmp.timeout' });
    await expect(log.wait(named('A'), { signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
    const waiting = log.wait(() => {
      throw new Error('bad predicate');
    });
    const other = log.wait(named('A'));
    log.push(event('A'));
    await expect(waiting).rejects.toThrow('bad predicate');
    expect((await other).event).toBe('A');
  });

  it('rejects with what ended the connection, then and later, but still finds the past', async () => {
    const log = new EventLog();
    log.push(event('A'));
    const waiting = log.wait(named('B'));
    log.end(new Error('over'));
    log.end(new Error('again'));
    await expect(waiting).rejects.toThrow('over');
    await expect(log.wait(named('B'))).rejects.toThrow('over');
    expect((await log.wait(named('A'))).event).toBe('A');
  });
});

describe('a subscription', () => {
  it('gives past and coming events and ends with the connection', async () => {
    const log = new EventLog();
    log.push(event('A'));
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { event: name } of log.subscribe()) {
        seen.push(name);
        if (name === 'A') log.push(event('B'));
        if (name === 'B') setImmediate(() => log.push(event('C')));
        if (name === 'C') setImmediate(() => log.end(new Error('over')));
      }
    })();
    await reading;
    expect(seen).toEqual(['A', 'B', 'C']);
  });

  it('says so when it is too slow', async () => {
    const log = new EventLog();
    log.push(event('A'));
    const events = log.subscribe();
    await events.next();
    for (let n = 0; n < 10_000; n += 1) log.push(event('FLOOD', n));
    await expect(events.next()).rejects.toMatchObject({ code: 'qmp.failed' });
  });

  it('stops with the reason of its signal', async () => {
    const controller = new AbortController();
    const next = new EventLog().subscribe({ signal: controller.signal }).next();
    controller.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
  });
});
