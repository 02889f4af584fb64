import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { debounce, oneAtATime } from '../../../src/watch/settle.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const TIMES = { quiet: 150, cap: 1000 };

describe('debounce', () => {
  it('fires once, after it has become quiet', () => {
    const clock = new FakeClock();
    const fired: number[] = [];
    const { hint } = debounce(clock, TIMES, () => fired.push(clock.now()));
    hint();
    clock.pass(50);
    hint();
    clock.pass(149);
    expect(fired).toEqual([]);
    clock.pass(1000);
    expect(fired).toEqual([200]);
  });

  it('fires at the cap when it never becomes quiet', () => {
    const clock = new FakeClock();
    const fired: number[] = [];
    const { hint } = debounce(clock, TIMES, () => fired.push(clock.now()));
    for (let at = 0; at < 2500; at += 10) {
      hint();
      clock.pass(10);
    }
    expect(fired).toEqual([1000, 2000]);
  });

  it('has no timer left when it is closed', () => {
    const clock = new FakeClock();
    const { hint, close } = debounce(clock, TIMES, () => {
      throw new Error('fired');
    });
    hint();
    close();
    clock.pass(5000);
    expect(clock.waiting).toBe(0);
  });

  it('whatever the hints: one timer at the most, each hint is followed by a firing within the cap, none comes without', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 600 }), { maxLength: 60 }), (gaps) => {
        const clock = new FakeClock();
        const fired: number[] = [];
        const hints: number[] = [];
        const { hint } = debounce(clock, TIMES, () => fired.push(clock.now()));
        for (const gap of gaps) {
          clock.pass(gap);
          hint();
          hints.push(clock.now());
          expect(clock.waiting).toBe(1);
        }
        clock.pass(2000);
        for (const at of hints) expect(fired.some((time) => time >= at && time <= at + TIMES.cap)).toBe(true);
        expect(fired.length).toBeLessThanOrEqual(hints.length);
      }),
    );
  });
});

/** Lets all that is ready go on. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const ignore = (): void => undefined;

describe('oneAtATime', () => {
  it('has one in flight, and one trailing for all that came in the meantime', async () => {
    const runs: (readonly number[])[] = [];
    const ends: (() => void)[] = [];
    const { want, idle } = oneAtATime<number>((reasons) => {
      runs.push(reasons);
      return new Promise((resolve) => ends.push(resolve));
    }, ignore);
    want(1);
    want(2);
    await turn();
    want(3);
    want(4);
    await turn();
    expect(runs).toEqual([[1, 2]]);
    ends.shift()?.();
    await turn();
    expect(runs).toEqual([
      [1, 2],
      [3, 4],
    ]);
    ends.shift()?.();
    await idle();
    expect(runs).toHaveLength(2);
  });

  it('goes on after a bug, and tells it', async () => {
    const told: unknown[] = [];
    const done: string[] = [];
    const { want, idle } = oneAtATime<string>(
      async ([reason]) => {
        await turn();
        if (reason === 'bad') throw new Error('a bug');
        done.push(reason ?? '');
      },
      (error) => told.push(error),
    );
    want('bad');
    await turn();
    want('good');
    await idle();
    expect(told).toEqual([new Error('a bug')]);
    expect(done).toEqual(['good']);
  });

  it('whatever the order: never two at once, no reason lost, none twice', async () => {
    const script = fc.array(fc.oneof(fc.constant('want' as const), fc.constant('turn' as const)), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(script, fc.integer({ min: 0, max: 3 }), async (acts, length) => {
        let running = 0;
        const seen: number[] = [];
        const { want, idle } = oneAtATime<number>(
          async (reasons) => {
            running += 1;
            expect(running).toBe(1);
            seen.push(...reasons);
            for (let n = 0; n < length; n += 1) await turn();
            running -= 1;
          },
          (error) => {
            throw error;
          },
        );
        let next = 0;
        for (const act of acts) {
          if (act === 'turn') await turn();
          else {
            want(next);
            next += 1;
          }
        }
        await idle();
        expect(seen).toEqual(Array.from({ length: next }, (_, n) => n));
      }),
      { numRuns: 50 },
    );
  });
});
