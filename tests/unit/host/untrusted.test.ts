import { describe, expect, it } from '@jest/globals';
import { sanitise } from '../../../src/host/untrusted.ts';

describe('sanitise', () => {
  it.each([
    ['plain é 😀\ttext\n', 'plain é 😀\ttext\n'],
    ['a\r\nb\rc', 'a\nb\nc'],
    ['\u001b[1;31mred\u001b[0m', 'red'],
    ['\u001b]0;title\u0007x', 'x'],
    ['\u001b]52;c;ZXZpbA==\u001b\\x', 'x'],
    ['\u001bP1$r\u001b\\x\u001bcx', 'xx'],
    ['\u001b]0;never ends', ''],
    ['a\0b\u0008c\u007fd\u009be', 'abcde'],
    ['evil\u202egnp.exe', 'evilgnp.exe'],
    ['\u001b', ''],
  ])('%j', (text, safe) => expect(sanitise(text)).toBe(safe));

  it('leaves nothing that a second look would take for a sequence', () => {
    expect(sanitise('\u001b\u001b[[31m')).not.toContain('\u001b');
  });
});
