/** The tables of `ai-vm top`. */
import { formatAmount } from '../model/units.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';
import { truncate } from './width.ts';

export interface TopRow {
  readonly user: string;
  readonly pid: number;
  readonly cpu: number;
  readonly memory: number;
  readonly elapsed: string;
  readonly command: string;
}

const right = { align: 'right' as const };
const COLUMNS = [
  { title: 'USER' },
  { title: 'PID', ...right },
  { title: 'CPU', ...right },
  { title: 'MEMORY', ...right },
  { title: 'TIME', ...right },
  { title: 'COMMAND' },
];

/** Without a newline at its end. A command that is too long for its line is cut, and not wrapped. */
export function renderTop(processes: readonly TopRow[], width: number, style: Style): string {
  const cells = (command: (row: TopRow) => string) =>
    processes.map((row) => [
      row.user,
      String(row.pid),
      `${row.cpu.toFixed(1)} %`,
      formatAmount(row.memory),
      row.elapsed,
      command(row),
    ]);
  const bare = renderTable(
    COLUMNS,
    cells(() => ''),
    Infinity,
    style,
  ).split('\n');
  const used = Math.max(...bare.slice(1).map((line) => line.length)) + 2;
  const room = Math.max(20, width - used);
  return renderTable(
    COLUMNS,
    cells(({ command }) => truncate(command, room, style.symbols.ellipsis)),
    Infinity,
    style,
  );
}
