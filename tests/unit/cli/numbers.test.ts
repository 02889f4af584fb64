import { describe, expect, it } from '@jest/globals';
import { lineCount, seconds } from '../../../src/cli/numbers.ts';

describe('seconds', () => {
  it('are milliseconds, and never more than a timer can wait', () => {
    expect([seconds('0'), seconds('1.5'), seconds('9999999')]).toEqual([0, 1500, 2 ** 31 - 1]);
  });

  it.each(['', ' ', '-1', 'ten', 'Infinity'])('are not %j', (text) => {
    expect(() => seconds(text)).toThrow('A number of seconds is expected.');
  });
});

describe('lineCount', () => {
  it('is a whole number', () => {
    expect([lineCount('0'), lineCount('20')]).toEqual([0, 20]);
    for (const text of ['', 'all', '-3', '1.5']) expect(() => lineCount(text)).toThrow('A whole number is expected.');
  });
});
