import { describe, expect, it } from '@jest/globals';
import { quoteCommand } from '../../../src/guest/quote.ts';

describe('quoting', () => {
  it.each<[string[], string]>([
    [['ls', '-l', '/mnt/host-rw'], 'ls -l /mnt/host-rw'],
    [['echo', ''], "echo ''"],
    [['echo', 'two words'], "echo 'two words'"],
    [['echo', "it's"], `echo 'it'"'"'s'`],
    [['echo', '\\'], String.raw`echo "\\"`],
    [['echo', "\\'"], String.raw`echo "\\'"`],
    [['echo', '$HOME'], "echo '$HOME'"],
    [['echo', 'a\nb'], "echo 'a\nb'"],
    [['A=b', '~'], "'A=b' '~'"],
    [[], ''],
  ])('writes %j as %s', (argv, text) => {
    expect(quoteCommand(argv)).toBe(text);
  });

  it('refuses what no process can be given', () => {
    expect(() => quoteCommand(['a\0b'])).toThrow('NUL');
  });
});
