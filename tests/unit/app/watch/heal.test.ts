import { describe, expect, it } from '@jest/globals';
import { backOff, judge, NOTHING, remember, tried, type Memory } from '../../../../src/app/watch/heal.ts';
import type { RestartPolicy } from '../../../../src/model/desired.ts';

const dead = { state: 'dead', endedCleanly: false, suspended: false } as const;
const shutDown = { state: 'dead', endedCleanly: true, suspended: false } as const;
const stopped = { state: 'stopped', endedCleanly: true, suspended: false } as const;

describe('a machine that has ended by itself', () => {
  it.each<[RestartPolicy, typeof dead | typeof shutDown, string]>([
    ['no', dead, 'leave'],
    ['no', shutDown, 'leave'],
    ['on-failure', dead, 'run'],
    ['on-failure', shutDown, 'leave'],
    ['always', dead, 'run'],
    ['always', shutDown, 'run'],
  ])('restart: %s, %j: %s', (policy, seen, expected) => {
    expect(judge(seen, policy, NOTHING, 0).do).toBe(expected);
  });

  it('is started at once, then after longer and longer times, and never later than five minutes', () => {
    expect([0, 1, 2, 3, 4, 9, 10, 50].map(backOff)).toEqual([0, 1000, 2000, 4000, 8000, 256_000, 300_000, 300_000]);
    const memory = tried(tried(NOTHING, true, 0), true, 5000);
    expect(judge(dead, 'always', memory, 6500)).toEqual({ do: 'wait', ms: 500 });
    expect(judge(dead, 'always', memory, 7000)).toEqual({ do: 'run' });
  });

  it('begins anew when it has run for a minute', () => {
    let memory: Memory = tried(tried(NOTHING, true, 0), true, 1000);
    memory = remember(memory, 'running', 2000);
    memory = remember(memory, 'running', 61_000);
    expect(memory.tries).toBe(2);
    memory = remember(memory, 'running', 62_000);
    expect(judge(dead, 'always', remember(memory, 'dead', 62_500), 62_500)).toEqual({ do: 'run' });
  });
});

describe('a machine that is down', () => {
  it.each<RestartPolicy>(['no', 'on-failure', 'always'])('on purpose stays so: restart: %s', (policy) => {
    expect(judge(stopped, policy, NOTHING, 0)).toEqual({ do: 'leave', why: expect.stringContaining('on purpose') });
  });

  it('since its memory was put to disk stays so, and nobody has to be told', () => {
    expect(judge({ ...stopped, suspended: true }, 'always', NOTHING, 0)).toEqual({ do: 'leave', why: null });
  });

  it('is started when it has come into the file, and that is over once it runs', () => {
    const entered = { ...NOTHING, entered: true };
    expect(judge(stopped, 'no', entered, 0)).toEqual({ do: 'run' });
    expect(judge(stopped, 'no', remember(entered, 'running', 0), 1).do).toBe('leave');
  });

  it('since our start of it failed is tried again, but not without a policy', () => {
    const failed = tried(NOTHING, false, 0);
    expect(judge(stopped, 'always', failed, 10)).toEqual({ do: 'wait', ms: 990 });
    expect(judge(stopped, 'always', failed, 1000)).toEqual({ do: 'run' });
    expect(judge(stopped, 'no', failed, 1000)).toEqual({ do: 'leave', why: null });
  });

  it('is made when it does not exist', () => {
    expect(judge({ state: 'absent', endedCleanly: true, suspended: false }, 'no', NOTHING, 0)).toEqual({ do: 'run' });
  });
});
