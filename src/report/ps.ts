/** The table of `ai-vm ps`. */
import type { MachineState } from '../model/plan.ts';
import { formatBytes } from '../model/units.ts';
import { sanitiseLine } from './sanitise.ts';
import { makeStyle, type Style } from './style.ts';
import type { Cell, Column } from './table.ts';
import { renderTable } from './table.ts';

/** One machine as `ps` shows it; null where it is not known or there is none. */
export interface PsRow {
  readonly vm: string;
  readonly state: MachineState;
  readonly image: string | null;
  readonly cpus: number | null;
  /** Bytes. */
  readonly memory: number | null;
  /** Where SSH is reached on the host, such as `127.0.0.1:2222`. */
  readonly ssh: string | null;
  /** As people write them, such as `8080:80`. */
  readonly ports: readonly string[];
  readonly shares: readonly string[];
  readonly note: string | null;
}

/** Who sees to it that the machines stay what the file declares. */
export interface Watch {
  readonly running: { readonly pid: number; readonly since: string } | null;
  /** A machine has `restart` or `suspend_after`, on which only a watch acts. */
  readonly policies: boolean;
}

/** With a newline at its end, or empty. */
export function renderWatch({ running, policies }: Watch): string {
  if (running) return `Watched by process ${running.pid} since ${sanitiseLine(running.since)}.\n`;
  return policies
    ? 'Nothing watches the project: nobody acts on `restart` and `suspend_after` until ai-vm watch -d.\n'
    : '';
}

const COLUMNS: readonly Column[] = [
  { title: 'NAME', min: 8 },
  { title: 'STATE' },
  { title: 'IMAGE', min: 6 },
  { title: 'CPUS', align: 'right' },
  { title: 'MEMORY', align: 'right' },
  { title: 'SSH' },
  { title: 'PORTS', min: 10 },
  { title: 'SHARES', min: 10 },
  { title: 'NOTE', min: 10 },
];

/** Without a newline at its end; `width` as in renderTable. The column NOTE is there only when something is noted. */
export function renderPs(rows: readonly PsRow[], width: number, style: Style = makeStyle(false, true)): string {
  if (rows.length === 0) return 'No machines are declared.';
  const noted = rows.some((row) => row.note !== null && row.note !== '');
  const columns = noted ? COLUMNS : COLUMNS.slice(0, -1);
  return renderTable(
    columns,
    rows.map((row) => cells(row, style)),
    width,
    style,
  );
}

function cells(row: PsRow, style: Style): (string | Cell)[] {
  return [
    row.vm,
    { text: row.state, paint: stateColor(row.state, style) },
    row.image ?? '-',
    row.cpus === null ? '-' : String(row.cpus),
    row.memory === null ? '-' : formatBytes(row.memory),
    row.ssh ?? '-',
    row.ports.join(', ') || '-',
    row.shares.join(', ') || '-',
    row.note ?? '',
  ];
}

function stateColor(state: MachineState, { paint }: Style): (text: string) => string {
  switch (state) {
    case 'running':
      return paint.green;
    case 'starting':
    case 'paused':
      return paint.yellow;
    case 'dead':
    case 'unknown':
      return paint.red;
    case 'absent':
    case 'stopped':
      return paint.dim;
  }
}
