import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Pace } from '../../../../src/model/pace.ts';
import { sizeScript } from '../../../../src/app/copy/paths.ts';
import { sizeOfTrees } from '../../../../src/app/copy/read-tree.ts';
import { newTally } from '../../../../src/app/copy/tally.ts';
import { whileTelling } from '../../../../src/app/copy/telling.ts';
import { AiVmError } from '../../../../src/model/errors.ts';
import type { Event, Job } from '../../../../src/model/events.ts';
import { MiB } from '../../../../src/model/units.ts';

describe('how far a copy is', () => {
  it('has bytes, the rate of the last seconds and the time left', () => {
    const pace = new Pace();
    expect(pace.tell(0, 0, null)).toEqual({ text: '0 B' });
    expect(pace.tell(1000, 10 * MiB, 100 * MiB)).toEqual({
      ...{ text: '10.0 MiB of 100.0 MiB, 10.0 MiB/s, 9 s left', fraction: 0.1 },
    });
    // It has stalled since.
    expect(pace.tell(4000, 10 * MiB, 100 * MiB).text).toBe('10.0 MiB of 100.0 MiB, 2.5 MiB/s, 36 s left');
    expect(pace.tell(9000, 10 * MiB, 100 * MiB).text).toBe('10.0 MiB of 100.0 MiB');
  });

  it('knows nothing of a whole that is too small, and rounds what is long to minutes', () => {
    const pace = new Pace();
    pace.tell(0, 0, null);
    expect(pace.tell(1000, 2 * MiB, MiB)).toEqual({ text: '2.0 MiB, 2.0 MiB/s' });
    expect(pace.tell(2000, 4 * MiB, 400 * MiB).text).toBe('4.0 MiB of 400.0 MiB, 2.0 MiB/s, 3 min 18 s left');
  });
});

describe('telling of a copy', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  const job: Job = { id: 'copy:dev', kind: 'copy', vm: 'dev', needs: [], title: 'copy to dev' };

  /** A copy of 100 MiB, 10 of them in each half second, that ends or fails after `ms`. */
  async function copied(ms: number, failure: Error | null = null): Promise<{ events: Event[]; asked: number }> {
    const events: Event[] = [];
    const tally = newTally();
    let asked = 0;
    const telling = {
      ...{ job, tally, emit: (event: Event) => void events.push(event) },
      total: () => {
        asked += 1;
        return Promise.resolve(100 * MiB);
      },
    };
    const goes = setInterval(() => (tally.moved += 10 * MiB), 500);
    const done = whileTelling(telling, async () => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      if (failure) throw failure;
    }).then(
      () => null,
      (error: unknown) => error,
    );
    await jest.advanceTimersByTimeAsync(ms);
    expect(await done).toBe(failure);
    clearInterval(goes);
    return { events, asked };
  }

  it('says nothing of one that is over soon', async () => {
    expect(await copied(900)).toEqual({ events: [], asked: 0 });
  });

  it('says of a long one what it says of a step', async () => {
    const { events, asked } = await copied(3000);
    expect(asked).toBe(1);
    expect(events[0]).toEqual({ type: 'step-started', step: job });
    expect(events.at(-2)).toMatchObject({
      type: 'step-progress',
      text: expect.stringMatching(/^50\.0 MiB of 100\.0 MiB, /),
    });
    expect(events.at(-1)).toMatchObject({ type: 'step-done', ms: 3000 });
  });

  it('says that it failed, and leaves it to others to tell what was not foreseen', async () => {
    const error = new AiVmError('copy.failed', 'the copy was cut off in dev');
    expect((await copied(2000, error)).events.at(-1)).toEqual({ type: 'step-failed', step: job, error });
    expect((await copied(2000, new Error('?'))).events.at(-1)).toMatchObject({ type: 'step-progress' });
  });
});

describe('how much there is to copy', () => {
  let dir = '';
  beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'ai-vm-size-'))));
  afterEach(() => rmSync(dir, { recursive: true }));

  it('is the files of all trees, and nothing behind a symlink', async () => {
    mkdirSync(join(dir, 'tree/deep'), { recursive: true });
    writeFileSync(join(dir, 'tree/deep/a'), 'x'.repeat(1000));
    writeFileSync(join(dir, 'tree/b'), 'x'.repeat(10));
    writeFileSync(join(dir, 'c'), 'x');
    symlinkSync('/usr', join(dir, 'tree/usr'));
    const { signal } = new AbortController();
    expect(await sizeOfTrees([join(dir, 'tree'), join(dir, 'c'), join(dir, 'none')], signal)).toBe(1011);
    await expect(sizeOfTrees([dir], AbortSignal.abort())).rejects.toThrow();
    const { execFileSync } = await import('node:child_process');
    const script = sizeScript([join(dir, 'tree'), `${dir}/[c]`]);
    expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe('1011\n');
  });
});
