/** Tables without borders that fit the width there is. */
import Table from 'cli-table3';
import { sanitiseLine } from './sanitise.ts';
import { makeStyle, type Style } from './style.ts';
import { displayWidth, pad, wrap } from './width.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** May be narrowed, with its text wrapped, down to this many columns; without it, never. */
  readonly min?: number;
}

export interface Cell {
  readonly text: string;
  readonly paint?: (text: string) => string;
}

const GAP = 2;

/** cli-table3 draws a border where it is not told otherwise. */
const CHARS = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '' },
  ...{ 'bottom-right': '', left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '' },
  middle: ' '.repeat(GAP),
};

/**
 * Rows under dim titles, without a newline at the end. Texts are sanitised here. `width` in columns; Infinity, for a
 * stream that is no terminal, keeps each row on one line. Where no table fits, each row has its cells one under the other.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly (string | Cell)[])[],
  width: number,
  style: Style = makeStyle(false, true),
): string {
  const cells = rows.map((row) => columns.map((_, index) => clean(row[index] ?? '')));
  const widths = fit(columns, cells, width);
  if (totalOf(widths) > width) return renderRecords(columns, cells, width, style);
  const table = new Table({
    chars: CHARS,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: columns.map((column) => column.align ?? 'left'),
  });
  table.push(columns.map((column) => style.paint.dim(column.title)));
  // Wrapped and coloured here: cli-table3 would cut through colour sequences and wide characters.
  for (const row of cells) {
    table.push(
      row.map(({ text, paint }, index) => {
        const lines = wrap(text, widths[index] ?? 1);
        return lines.map((line) => paint?.(line) ?? line).join('\n');
      }),
    );
  }
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** A terminal would break rows that are too long for it wherever they end, and nobody could tell columns apart. */
function renderRecords(
  columns: readonly Column[],
  cells: readonly (readonly Cell[])[],
  width: number,
  style: Style,
): string {
  const titles = Math.max(...columns.map(({ title }) => displayWidth(title))) + GAP;
  const room = Math.max(2, width - titles);
  const records = cells.map((row) =>
    row.flatMap(({ text, paint }, index) => {
      const title = columns[index]?.title ?? '';
      return wrap(text, room).map((line, n) =>
        `${style.paint.dim(pad(n === 0 ? title : '', titles))}${paint?.(line) ?? line}`.trimEnd(),
      );
    }),
  );
  return records.map((lines) => lines.join('\n')).join('\n\n');
}

function clean(cell: string | Cell): Cell {
  return typeof cell === 'string' ? { text: sanitiseLine(cell) } : { ...cell, text: sanitiseLine(cell.text) };
}

const totalOf = (widths: readonly number[]): number =>
  widths.reduce((sum, each) => sum + each, GAP * (widths.length - 1));

/** Widths of the columns: what they need, then less of the widest that may shrink until the row fits. */
function fit(columns: readonly Column[], cells: readonly (readonly Cell[])[], width: number): number[] {
  const widths = columns.map((column, index) =>
    Math.max(displayWidth(column.title), ...cells.map((row) => displayWidth(row[index]?.text ?? '')), 1),
  );
  while (totalOf(widths) > width) {
    let widest = -1;
    for (const [index, column] of columns.entries()) {
      const room = (widths[index] ?? 0) - Math.max(column.min ?? Infinity, displayWidth(column.title));
      if (room > 0 && (widest < 0 || (widths[index] ?? 0) > (widths[widest] ?? 0))) widest = index;
    }
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 1) - 1;
  }
  return widths;
}
