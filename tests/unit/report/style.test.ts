import { describe, expect, it } from '@jest/globals';
import { makeStyle, wantsColor, wantsUnicode } from '../../../src/report/style.ts';

describe('wantsColor', () => {
  it.each([
    [{}, true, true],
    [{}, false, false],
    [{ TERM: 'dumb' }, true, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '' }, false, true],
    [{ FORCE_COLOR: '0' }, true, false],
    [{ FORCE_COLOR: 'false' }, true, false],
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, true, false],
  ])('%j, terminal %s: %s', (env, isTTY, expected) => {
    expect(wantsColor(env, isTTY)).toBe(expected);
  });
});

describe('wantsUnicode', () => {
  it.each([
    [{ LANG: 'en_US.UTF-8' }, true],
    [{ LANG: 'C.utf8' }, true],
    [{ LANG: 'en_US.UTF-8', LC_ALL: 'C' }, false],
    [{ LANG: 'C', LC_CTYPE: 'de_DE.UTF-8' }, true],
    [{ LANG: 'en_US.UTF-8', LC_ALL: '' }, true],
    [{}, false],
    [{ LANG: 'en_US.UTF-8', TERM: 'linux' }, false],
  ])('%j: %s', (env, expected) => {
    expect(wantsUnicode(env)).toBe(expected);
  });
});

it('has only ASCII symbols where there is no Unicode, and colours only where they are wanted', () => {
  const style = makeStyle(false, false);
  const symbols = Object.values(style.symbols).flat().join('');
  expect(symbols).toMatch(/^[ -~]+$/u);
  expect(style.paint.red('x')).toBe('x');
  expect(makeStyle(true, true).paint.red('x')).toBe('\u001b[31mx\u001b[39m');
});
