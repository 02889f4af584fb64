import { describe, expect, it } from '@jest/globals';
import { displayWidth, pad, truncate, wrap } from '../../../src/report/width.ts';

const RED = '\u001b[31m';
const OFF = '\u001b[39m';

describe('displayWidth', () => {
  it.each([
    ['', 0],
    ['plain', 5],
    ['日本語', 6],
    ['한글', 4],
    ['ｆｕｌｌ', 8],
    ['é', 1],
    ['e\u0301', 1],
    ['👩‍💻', 2],
    ['✔ → …', 5],
    [`${RED}red${OFF}`, 3],
  ])('of %j is %i', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });
});

describe('truncate', () => {
  it('leaves what fits', () => {
    expect(truncate('exactly', 7)).toBe('exactly');
  });
  it('cuts and says so', () => {
    expect(truncate('too long', 5)).toBe('too …');
    expect(truncate('too long', 6, '...')).toBe('too...');
  });
  it('does not cut a wide character in two', () => {
    expect(truncate('日本語', 5)).toBe('日本…');
    expect(truncate('日本語', 4)).toBe('日…');
  });
  it('ends the colours that it began', () => {
    expect(truncate(`${RED}too long${OFF} after`, 5)).toBe(`${RED}too …${OFF}`);
  });
  it('copes with no room', () => {
    expect(truncate('abc', 1)).toBe('…');
    expect(truncate('abc', 0)).toBe('');
    expect(truncate('abc', 2, '...')).toBe('ab');
  });
});

describe('pad', () => {
  it('counts columns, not characters', () => {
    expect(pad('日本', 6)).toBe('日本  ');
    expect(pad('long', 2)).toBe('long');
  });
});

describe('wrap', () => {
  it.each([
    ['', 5, ['']],
    ['fits', 5, ['fits']],
    ['breaks at spaces', 7, ['breaks', 'at', 'spaces']],
    ['abcdefghij', 4, ['abcd', 'efgh', 'ij']],
    ['日本語です', 5, ['日本', '語で', 'す']],
    ['日', 1, ['日']],
  ])('%j at %i', (text, columns, lines) => {
    expect(wrap(text, columns)).toEqual(lines);
  });
});
