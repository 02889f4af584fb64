/** The table of `ai-vm stats`. */
import type { MachineState } from '../model/plan.ts';
import { formatAmount, formatBytes } from '../model/units.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';

export interface StatsRow {
  readonly name: string;
  readonly state: MachineState;
  readonly cpu: number | null;
  readonly memory: number | null;
  readonly memoryLimit: number | null;
  readonly disk: { readonly read: number; readonly written: number } | null;
  readonly network: { readonly received: number; readonly sent: number } | null;
  readonly gateway: {
    readonly received: number;
    readonly sent: number;
    readonly connections: number;
    readonly denied: number;
  } | null;
}

const right = { align: 'right' as const };
const COLUMNS = [
  { title: 'NAME', min: 8 },
  { title: 'CPU', ...right },
  { title: 'MEMORY', ...right },
  { title: 'OF', ...right },
  { title: 'READ', ...right },
  { title: 'WRITTEN', ...right },
  { title: 'NET IN', ...right },
  { title: 'NET OUT', ...right },
];

/** What gateways do, where it fits: everything else does into 80 columns. */
const MORE = [
  { title: 'OPEN', ...right },
  { title: 'DENIED', ...right },
];
const WIDE = 96;

const size = (bytes: number | null | undefined): string => (bytes == null ? '-' : formatAmount(bytes));

const count = (value: number | undefined): string => (value === undefined ? '-' : String(value));

/** A gateway cannot be talked into other numbers; a guest says what it likes. */
const net = (row: StatsRow): StatsRow['network'] => row.gateway ?? row.network;

/** Without a newline at its end. */
export function renderStats(rows: readonly StatsRow[], width: number, style: Style): string {
  if (rows.length === 0) return 'Nothing runs.';
  const wide = width >= WIDE;
  const cells = rows.map((row) => [
    row.state === 'running' ? row.name : { text: `${row.name} (${row.state})`, paint: style.paint.dim },
    row.cpu === null ? '-' : `${row.cpu.toFixed(1)} %`,
    size(row.memory),
    row.memoryLimit === null ? '-' : formatBytes(row.memoryLimit),
    ...[row.disk?.read, row.disk?.written, net(row)?.received, net(row)?.sent].map(size),
    ...(wide ? [row.gateway?.connections, row.gateway?.denied].map(count) : []),
  ]);
  return renderTable(wide ? [...COLUMNS, ...MORE] : COLUMNS, cells, width, style);
}
