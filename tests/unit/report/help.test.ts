import { describe, expect, it } from '@jest/globals';
import { renderHelp, type VerbDoc } from '../../../src/report/help.ts';
import { makeStyle } from '../../../src/report/style.ts';

const PLAIN = makeStyle(false, true);

const DOC: VerbDoc = {
  name: 'ai-vm up',
  usage: '[options] [vm...]',
  summary: 'Make the machines what the file declares.',
  about: 'What can be changed while a machine runs is changed so.\n\nA second paragraph.',
  arguments: [['vm', 'machines (default: all)']],
  options: [
    ['-y, --yes', 'do not ask, whatever it is that would be asked of you at a terminal'],
    ['--a-name-that-is-longer-than-a-column <value>', 'its meaning is on the next line'],
  ],
  globals: [],
  commands: [],
  examples: [['ai-vm up dev', 'One machine.']],
  exits: [['0', 'done']],
};

describe('renderHelp', () => {
  it('puts terms in one column and what they mean in the next', () => {
    expect(renderHelp(DOC, 60, PLAIN)).toBe(`Usage: ai-vm up [options] [vm...]

Make the machines what the file declares.

What can be changed while a machine runs is changed so.

A second paragraph.

Arguments:
  vm  machines (default: all)

Options:
  -y, --yes  do not ask, whatever it is that would be asked
             of you at a terminal
  --a-name-that-is-longer-than-a-column <value>
             its meaning is on the next line

Examples:
  ai-vm up dev
      One machine.

Exit codes:
  0  done
`);
  });

  it('fits a narrow terminal, and is not as wide as a wide one', () => {
    const widest = (columns: number): number =>
      Math.max(
        ...renderHelp({ ...DOC, options: [DOC.options[0]!], about: 'word '.repeat(80) }, columns, PLAIN)
          .split('\n')
          .map((line) => line.length),
      );
    expect(widest(44)).toBeLessThanOrEqual(44);
    expect(widest(1000)).toBeLessThanOrEqual(100);
  });

  it('has plain quotes and dots where the locale has no others', () => {
    const text = renderHelp({ ...DOC, about: 'the project’s […]' }, 80, makeStyle(false, false));
    expect(text).toContain("the project's [...]");
    expect(text).toMatch(/^[\n -~]*$/);
  });

  it('shows what is below a verb', () => {
    const sub = { ...DOC, name: 'ai-vm snapshot save', usage: '<name> [vm]', summary: 'Keep a machine.' };
    expect(renderHelp({ ...DOC, commands: [sub] }, 80, PLAIN)).toContain(
      'Commands:\n  save <name> [vm]  Keep a machine.\n',
    );
  });
});
