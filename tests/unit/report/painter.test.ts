import { describe, expect, it } from '@jest/globals';
import { Painter } from '../../../src/report/painter.ts';
import { Terminal } from '../../support/terminal.ts';

function setUp(columns = 40, rows = 10): { terminal: Terminal; painter: Painter } {
  const terminal = new Terminal(columns, rows);
  const screen = {
    write: (text: string) => terminal.write(text),
    columns: () => terminal.columns,
    rows: () => terminal.rows,
  };
  return { terminal, painter: new Painter(screen, '…') };
}

describe('Painter', () => {
  it('redraws in place', () => {
    const { terminal, painter } = setUp();
    painter.paint(['one', 'two long', 'three']);
    painter.paint(['one', 'two', 'three', 'four']);
    expect(terminal.screen).toEqual(['one', 'two', 'three', 'four']);
    painter.paint(['last']);
    expect(terminal.screen).toEqual(['last']);
  });

  it('writes once for a change, only what changed, and nothing for none', () => {
    const { terminal, painter } = setUp();
    painter.paint(['steady', 'spin 1']);
    painter.paint(['steady', 'spin 2']);
    painter.paint(['steady', 'spin 2']);
    expect(terminal.writes).toHaveLength(2);
    expect(terminal.writes[1]).not.toContain('steady');
    // Text goes over text: nothing is erased before it is replaced.
    expect(terminal.writes[1]).toBe('\r\u001b[2A\nspin 2\u001b[K\n');
  });

  it('keeps every line within the width, so that none wraps', () => {
    const { terminal, painter } = setUp(10);
    painter.paint(['a line that is much too long', 'b']);
    painter.paint(['another line that is too long', 'b']);
    expect(terminal.screen).toEqual(['another …', 'b']);
  });

  it('shows the end of what does not fit the height', () => {
    const { terminal, painter } = setUp(40, 4);
    painter.paint(['1', '2', '3', '4', '5']);
    painter.paint(['1', '2', '3', '4', '6']);
    expect(terminal.screen).toEqual(['3', '4', '6']);
  });

  it('shows all of it in the end', () => {
    const { terminal, painter } = setUp(40, 4);
    painter.paint(['1', '2', '3', '4', '5']);
    painter.finish(['1', '2', '3', '4', '5']);
    expect(terminal.screen).toEqual(['1', '2', '3', '4', '5']);
  });

  it('erases the rows that a narrower terminal has wrapped its lines into', () => {
    const { terminal, painter } = setUp(20);
    painter.paint(['0123456789abcdef', 'x']);
    terminal.columns = 10;
    painter.paint(['new', 'x']);
    // The first line takes two rows by now: three rows up in all.
    expect(terminal.writes[1]).toBe('\r\u001b[3A\u001b[Jnew\u001b[K\nx\u001b[K\n');
  });

  it('puts lines that stay above the live part', () => {
    const { terminal, painter } = setUp();
    painter.paint(['live 1', 'live 2']);
    painter.log('said');
    painter.paint(['live 3', 'live 2']);
    painter.log('said again');
    painter.finish(['over']);
    expect(terminal.screen).toEqual(['said', 'said again', 'over']);
  });

  it('hides the cursor while it draws and gives it back', () => {
    const { terminal, painter } = setUp();
    painter.paint(['live']);
    expect(terminal.cursorShown).toBe(false);
    painter.finish(['over']);
    expect(terminal.cursorShown).toBe(true);
  });

  it('gives the cursor back in the middle, leaving what is drawn', () => {
    const { terminal, painter } = setUp();
    painter.paint(['live']);
    painter.restore();
    expect(terminal.cursorShown).toBe(true);
    expect(terminal.screen).toEqual(['live']);
  });

  it('writes nothing when it never drew', () => {
    const { terminal, painter } = setUp();
    painter.finish([]);
    painter.restore();
    expect(terminal.writes).toEqual([]);
  });
});
