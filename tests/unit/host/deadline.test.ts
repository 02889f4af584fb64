import { describe, expect, it } from '@jest/globals';
import { startDeadline, within } from '../../../src/host/deadline.ts';

const never = new Promise<never>(() => undefined);
const late = (): Error => new Error('late');
const forbidden = (): void => {
  throw new Error('cancelled');
};

describe('within', () => {
  it('settles as the work does', async () => {
    await expect(within(Promise.resolve(7), { timeout: 60_000 }, late, forbidden)).resolves.toBe(7);
    await expect(within(Promise.reject(new Error('no')), {}, late, forbidden)).rejects.toThrow('no');
  });

  it('gives the work up when the time is over', async () => {
    let cancelled = 0;
    await expect(within(never, { timeout: 1 }, late, () => void (cancelled += 1))).rejects.toThrow('late');
    expect(cancelled).toBe(1);
  });

  it.each([
    ['before', true],
    ['while', false],
  ])('gives the work up with the reason of a signal that is aborted %s it runs', async (_when, early) => {
    const controller = new AbortController();
    let cancelled = 0;
    if (early) controller.abort(new Error('enough'));
    const waiting = within(never, { signal: controller.signal }, late, () => void (cancelled += 1));
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    expect(cancelled).toBe(1);
  });
});

describe('startDeadline', () => {
  it('passes the signal on, and lets go of it', () => {
    const [first, second] = [new AbortController(), new AbortController()];
    const kept = startDeadline(undefined, first.signal, late);
    const cleared = startDeadline(60_000, second.signal, late);
    cleared.clear();
    first.abort('a text');
    second.abort();
    expect([kept.signal.aborted, kept.signal.reason]).toEqual([true, 'a text']);
    expect(cleared.signal.aborted).toBe(false);
  });
});
