import { describe, expect, it } from '@jest/globals';
import { commentText, shellWord } from '../../../src/qemu/script-quote.ts';

describe('shellWord', () => {
  it.each([
    ['', "''"],
    ['plain-word_1.2/3', 'plain-word_1.2/3'],
    ['two words', "'two words'"],
    ["it's", "'it'\\''s'"],
    ['$HOME `x` "y" \\', '\'$HOME `x` "y" \\\''],
    ['~', "'~'"],
    ['a\nb', "'a\nb'"],
  ])('%j', (text, word) => expect(shellWord(text)).toBe(word));

  it('refuses NUL', () => expect(() => shellWord('a\0b')).toThrow(TypeError));
});

describe('commentText', () => {
  it.each([
    ['plain é 😀', 'plain é 😀'],
    ['a\nreboot', 'a\\u{a}reboot'],
    ['a\rb\u2028c\u202ed\u001b[31m', 'a\\u{d}b\\u{2028}c\\u{202e}d\\u{1b}[31m'],
  ])('%j', (text, comment) => expect(commentText(text)).toBe(comment));
});
