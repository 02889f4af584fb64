import { describe, expect, it } from '@jest/globals';
import { renderAsks } from '../../../src/report/asks.ts';
import { makeStyle } from '../../../src/report/style.ts';

const ask = (text: string): { digest: string; vm: string; text: string; risk: string } => ({
  digest: 'd',
  vm: 'dev',
  text,
  risk: 'It can change files there.',
});

describe('renderAsks', () => {
  it('says what is allowed and what is not yet, and what it means', () => {
    expect(renderAsks({ pending: [ask('write to /b')], given: [ask('write to /a')] }, makeStyle(false, true))).toBe(
      [
        'Allowed already:',
        '  + dev wants to write to /a',
        '      It can change files there.',
        'Not allowed yet:',
        '  ? dev wants to write to /b',
        '      It can change files there.',
        '',
      ].join('\n'),
    );
  });
  it('of nothing', () => {
    expect(renderAsks({ pending: [], given: [] }, makeStyle(false, true))).toContain('asks for nothing');
  });
  it('lets nothing of the file steer the terminal: it is what a person decides by', () => {
    const text = renderAsks(
      { pending: [ask('read /x\u001b[1A\u001b[2K\nand nothing \u202eelse')], given: [] },
      makeStyle(false, true),
    );
    expect(text).toContain('read /x\\x1b[1A\\x1b[2K and nothing \\u202eelse');
  });
});
