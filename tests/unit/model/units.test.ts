import { describe, expect, it } from '@jest/globals';
import { formatAmount, formatBytes, formatDuration, GiB, KiB, MiB, TiB } from '../../../src/model/units.ts';

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [KiB, '1 KiB'],
    [1536 * MiB, '1536 MiB'],
    [8 * GiB, '8 GiB'],
    [1024 * GiB, '1 TiB'],
    [10 * TiB, '10 TiB'],
    [GiB + 1, '1.0 GiB'],
    [1.5 * KiB + 1, '1.5 KiB'],
  ])('%i', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe('formatAmount', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [2368 * KiB, '2.3 MiB'],
    [50 * MiB, '50.0 MiB'],
    [3 * TiB, '3.0 TiB'],
  ])('%i', (bytes, text) => {
    expect(formatAmount(bytes)).toBe(text);
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0 ms'],
    [849.6, '850 ms'],
    [1234, '1.2 s'],
    [59_900, '59.9 s'],
    [60_000, '1 min 0 s'],
    [185_000, '3 min 5 s'],
    [3_599_600, '60 min 0 s'],
  ])('%d', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});
