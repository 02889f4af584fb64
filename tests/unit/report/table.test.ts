import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { makeStyle } from '../../../src/report/style.ts';
import { renderTable } from '../../../src/report/table.ts';
import { displayWidth } from '../../../src/report/width.ts';

const COLUMNS = [
  { title: 'NAME', min: 4 },
  { title: 'N', align: 'right' as const },
  { title: 'TEXT', min: 6 },
];

describe('renderTable', () => {
  it('aligns, without borders and without spaces at the end', () => {
    expect(
      renderTable(
        COLUMNS,
        [
          ['dev', '12', 'short'],
          ['database', '3', ''],
        ],
        Infinity,
      ),
    ).toBe(['NAME       N  TEXT', 'dev       12  short', 'database   3'].join('\n'));
  });

  it('counts wide characters as two', () => {
    expect(
      renderTable(
        COLUMNS,
        [
          ['日本', '1', 'x'],
          ['abcde', '2', 'y'],
        ],
        80,
      ),
    ).toBe(['NAME   N  TEXT', '日本   1  x', 'abcde  2  y'].join('\n'));
  });

  it('wraps what may shrink, the widest first', () => {
    const text = renderTable(COLUMNS, [['dev', '1', 'a text that is long']], 20);
    expect(text).toBe(['NAME  N  TEXT', 'dev   1  a text that', '         is long'].join('\n'));
  });

  it('keeps a row on one line where there is no width to keep to', () => {
    const long = 'x'.repeat(500);
    expect(renderTable(COLUMNS, [['dev', '1', long]], Infinity)).toContain(long);
  });

  it('lets no control character through, and colours after measuring', () => {
    const style = makeStyle(true, true);
    const text = renderTable(COLUMNS, [[{ text: 'a\u001b[2J', paint: style.paint.red }, '1', 'one\ntwo']], 80, style);
    expect(text).toContain('\u001b[31ma\\x1b[2J\u001b[39m  1  one two');
  });

  it('puts cells one under the other where no table fits', () => {
    const text = renderTable(
      COLUMNS,
      [
        ['development', '1', 'one two'],
        ['db', '12', ''],
      ],
      12,
    );
    expect(text).toBe(
      ['NAME  develo', '      pment', 'N     1', 'TEXT  one', '      two', '', 'NAME  db', 'N     12', 'TEXT'].join(
        '\n',
      ),
    );
  });

  it('is never wider than it is told', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '-', 'é', '日', '한', '\u001b'), maxLength: 40 });
    const rows = fc.array(fc.tuple(text, fc.nat(99).map(String), text), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(rows, fc.integer({ min: 8, max: 60 }), (cells, width) => {
        const widths = renderTable(COLUMNS, cells, width).split('\n').map(displayWidth);
        expect(Math.max(...widths)).toBeLessThanOrEqual(width);
      }),
    );
  });
});
