import { describe, expect, it } from '@jest/globals';
import { closest } from '../../../src/model/closest.ts';

describe('closest', () => {
  it('finds what was probably meant', () => {
    expect(closest('memroy', ['memory', 'storage', 'cpus'])).toBe('memory');
    expect(closest('UP', ['up', 'down'])).toBe('up');
    expect(closest('cpu', ['cpus', 'env'])).toBe('cpus');
  });
  it('does not guess wildly', () => {
    expect(closest('banana', ['memory', 'storage'])).toBeUndefined();
    expect(closest('x', [])).toBeUndefined();
  });
});
