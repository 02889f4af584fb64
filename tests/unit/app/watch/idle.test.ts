import { describe, expect, it } from '@jest/globals';
import { follow, remaining, type Idleness, type Pulse } from '../../../../src/app/watch/idle.ts';

/** Pulses ten seconds apart. */
const after = (...pulses: readonly Omit<Pulse, 'at'>[]): Idleness =>
  pulses.reduce<Idleness | null>((before, pulse, n) => follow(before, { ...pulse, at: n * 10_000 }), null)!;

const still = { cpu: 5000, flows: 0 };

describe('a machine', () => {
  it('that nobody uses is idle from the first look on', () => {
    const idleness = after(still, { ...still, cpu: 5300 }, { ...still, cpu: 5600 });
    expect([25_000, 20_000, 10_000].map((limit) => remaining(idleness, limit))).toEqual([5000, 0, 0]);
  });

  it('that has a connection open is not, however little it computes', () => {
    expect(remaining(after(still, { ...still, flows: 1 }), 10_000)).toBe(10_000);
  });

  it('that computes is not, and begins anew when it is done', () => {
    const busy = { ...still, cpu: 8000 };
    expect(remaining(after(still, busy), 10_000)).toBe(10_000);
    expect(remaining(after(still, busy, busy), 15_000)).toBe(5000);
  });

  it('that is another one by now begins anew', () => {
    expect(remaining(after(still, { ...still, cpu: 100 }), 10_000)).toBe(10_000);
  });
});
