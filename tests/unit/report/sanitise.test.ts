import { describe, expect, it } from '@jest/globals';
import { safeJson, sanitise, sanitiseLine } from '../../../src/report/sanitise.ts';

describe('sanitise', () => {
  it('makes what steers a terminal visible', () => {
    expect(sanitise('a\u001b[2Jb')).toBe('a\\x1b[2Jb');
    expect(sanitise('a\u009b2Jb\u0007\u007f\u0000')).toBe('a\\x9b2Jb\\x07\\x7f\\x00');
    expect(sanitise('over\rwritten\u0008')).toBe('over\\x0dwritten\\x08');
  });

  it('makes text visible that reads otherwise than it is', () => {
    expect(sanitise('safe\u202etxt.exe\u2066\u200f')).toBe('safe\\u202etxt.exe\\u2066\\u200f');
    expect(sanitise('lone \ud800 surrogate')).toBe('lone \\ud800 surrogate');
  });

  it('keeps lines, letters and pictures', () => {
    expect(sanitise('one\r\ntwo\n\tthree 日本語 é 👩‍💻')).toBe('one\ntwo\n  three 日本語 é 👩‍💻');
  });

  it('brings text onto one line', () => {
    expect(sanitiseLine('  one\r\n two\t\u2028three\n')).toBe('one two \\u2028three');
  });
});

describe('safeJson', () => {
  it('escapes and loses nothing', () => {
    const value = { text: 'a\u001b\u009b\u202e\u2028\ud800\t\n"é' };
    const json = safeJson(value);
    expect(json).not.toMatch(/[\p{Cc}\p{Zl}\p{Cs}\u202e]/u);
    expect(JSON.parse(json)).toEqual(value);
  });
});
