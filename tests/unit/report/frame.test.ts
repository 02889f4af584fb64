import { describe, expect, it } from '@jest/globals';
import type { Diagnostic } from '../../../src/model/errors.ts';
import { renderDiagnostic } from '../../../src/report/frame.ts';

const file = '/home/ann/shop/ai-vm.yaml';

/** A fault at the first place of `part` in the text. */
function fault(text: string, part: string, more: Partial<Diagnostic> = {}): string {
  const offset = text.indexOf(part);
  const before = text.slice(0, offset).split('\n');
  const position = { file, line: before.length, column: before.at(-1)!.length + 1, offset, length: part.length };
  const diagnostic: Diagnostic = {
    code: 'config.type',
    severity: 'error',
    message: 'no',
    hint: undefined,
    position,
    ...more,
  };
  return renderDiagnostic(diagnostic, new Map([[file, text]]), { color: false, cwd: '/home/ann/shop' });
}

describe('renderDiagnostic', () => {
  it('shows the line before, the line, a mark and the hint', () =>
    expect(fault('vms:\n  dev:\n    cpus: many\n', 'many', { hint: 'Write 4.' })).toMatchInlineSnapshot(`
      "ai-vm.yaml:3:11  error  no [config.type]
        2 |   dev:
        3 |     cpus: many
          |           ^^^^
        hint: Write 4."
    `));

  it('a warning', () =>
    expect(fault('a: 1\n', '1', { severity: 'warning' })).toMatchInlineSnapshot(`
      "ai-vm.yaml:1:4  warning  no [config.type]
        1 | a: 1
          |    ^"
    `));

  it('aligns the numbers', () =>
    expect(fault(`${'#\n'.repeat(8)}a: 1\nb: 2\n`, '2')).toMatchInlineSnapshot(`
      "ai-vm.yaml:10:4  error  no [config.type]
         9 | a: 1
        10 | b: 2
           |    ^"
    `));

  it('leaves out an empty line before', () =>
    expect(fault('a: 1\n\nb: 2\n', '2')).toMatchInlineSnapshot(`
      "ai-vm.yaml:3:4  error  no [config.type]
        3 | b: 2
          |    ^"
    `));

  it('puts the mark under its text behind tabs, wide and combined characters', () => {
    const lines = fault('\t"日本語 e\u0301 👩‍👩‍👧": bad # x\n', 'bad').split('\n');
    expect(lines[1]).toBe('  1 |   "日本語 e\u0301 👩‍👩‍👧": bad # x');
    // Two columns each for the tab, the three characters and the family; the accent takes none.
    expect(lines[2]).toBe(`    | ${' '.repeat(2 + 1 + 6 + 1 + 1 + 1 + 2 + 3)}^^^`);
  });

  it('marks wide characters whole', () => expect(fault('a: 日本\n', '日本')).toContain('\n    |    ^^^^'));

  it('marks one line only, and the end of one', () => {
    expect(fault('a: [1,\n  2]\n', '[1,\n  2]')).toMatch(/ {4}\| {4}\^{3}$/);
    const text = 'a: [\n';
    const position = { file, line: 2, column: 1, offset: text.length, length: 1 };
    expect(fault(text, 'a', { position })).toMatchInlineSnapshot(`
      "ai-vm.yaml:2:1  error  no [config.type]
        1 | a: [
        2 |
          | ^"
    `);
  });

  it('shows control characters instead of sending them', () =>
    expect(fault('a: "\u001b[2J\u0000\u009b\u202e" bad\r\n', 'bad', { message: 'x\u001b]0;y\u0007' }))
      .toMatchInlineSnapshot(`
      "ai-vm.yaml:1:14  error  x\\x1b]0;y\\x07 [config.type]
        1 | a: "\\x1b[2J\\x00\\x9b\\u202e" bad
          |                            ^^^"
    `));

  it('cuts a long line around the mark', () => {
    const text = `${'x'.repeat(100_000)} bad ${'y'.repeat(100_000)}\n`;
    const lines = fault(text, 'bad').split('\n');
    expect(lines).toMatchInlineSnapshot(`
      [
        "ai-vm.yaml:1:100002  error  no [config.type]",
        "  1 | …xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx bad yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy…",
        "    |                                          ^^^",
      ]
    `);
    expect(lines[1]!.indexOf('bad')).toBe(lines[2]!.indexOf('^^^'));
  });

  it('cuts a long mark', () => expect(fault(`a: ${'x'.repeat(5000)}`, 'x'.repeat(5000)).length).toBeLessThan(400));

  it('without a place, or without the text, says the rest', () => {
    const diagnostic: Diagnostic = {
      code: 'config.too-large',
      severity: 'error',
      message: 'no',
      hint: 'h',
      position: undefined,
    };
    expect(renderDiagnostic(diagnostic, new Map(), { color: false })).toBe('error  no [config.too-large]\n  hint: h');
    const position = { file, line: 3, column: 7, offset: 20, length: 2 };
    expect(
      renderDiagnostic({ ...diagnostic, position }, new Map(), { color: false, cwd: '/home/ann/shop/deep/er' }),
    ).toBe('../../ai-vm.yaml:3:7  error  no [config.too-large]\n  hint: h');
    expect(
      renderDiagnostic({ ...diagnostic, position }, new Map(), { color: false, cwd: '/var/lib/somewhere/else/deep' }),
    ).toContain(`${file}:3:7`);
  });

  it('in colour', () => {
    const text = renderDiagnostic(
      {
        code: 'c',
        severity: 'error',
        message: 'no',
        hint: undefined,
        position: { file, line: 1, column: 1, offset: 0, length: 1 },
      },
      new Map([[file, 'a']]),
      { color: true },
    );
    expect(text).toContain('\u001b[31m^\u001b[39m');
  });
});
