/** What `ai-vm network` prints for people. */
import type { NetworkEntry } from '../model/gateway.ts';
import { allowText } from '../model/network.ts';
import { sanitiseLine } from './sanitise.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';

export interface NetworkRow {
  readonly name: string;
  readonly state: string;
  readonly gateway: 'running' | 'gone' | 'none';
  readonly egress: string | null;
  readonly host: readonly number[] | 'open' | null;
  readonly networks: readonly string[] | null;
  readonly secrets: Readonly<Record<string, readonly string[]>> | null;
  readonly connections: number | null;
  readonly counters: { readonly allowed: number; readonly denied: number } | null;
}

const right = { align: 'right' as const };
const COLUMNS = [
  { title: 'NAME', min: 8 },
  { title: 'GATEWAY' },
  { title: 'HOST' },
  { title: 'OPEN', ...right },
  { title: 'ALLOWED', ...right },
  { title: 'DENIED', ...right },
  { title: 'NETWORKS', min: 8 },
  { title: 'EGRESS', min: 8 },
];

const GATEWAY = { running: 'running', gone: 'gone: ai-vm up', none: 'none' } as const;

function hostOf({ gateway, host }: NetworkRow): string {
  if (gateway === 'none') return 'open';
  if (host === null) return '-';
  if (host === 'open') return 'open';
  return host.length === 0 ? 'closed' : host.join(', ');
}

const count = (value: number | null | undefined): string => (value == null ? '-' : String(value));

/** Whom it opens TLS to, and for what. */
const secretsOf = ({ secrets }: NetworkRow): string =>
  Object.entries(secrets ?? {})
    .map(([name, hosts]) => `${name} to ${hosts.join(', ')}`)
    .join('; ') || '-';

/** Without a newline at its end; the column SECRETS is there only where a machine has some. */
export function renderNetwork(rows: readonly NetworkRow[], width: number, style: Style): string {
  if (rows.length === 0) return 'Nothing runs.';
  const withSecrets = rows.some(({ secrets }) => Object.keys(secrets ?? {}).length > 0);
  const cells = rows.map((row) => [
    row.name,
    GATEWAY[row.gateway],
    hostOf(row),
    ...[row.connections, row.counters?.allowed, row.counters?.denied].map(count),
    row.networks?.join(', ') ?? '-',
    row.egress ?? (row.gateway === 'none' ? 'open' : '-'),
    ...(withSecrets ? [secretsOf(row)] : []),
  ]);
  return renderTable(withSecrets ? [...COLUMNS, { title: 'SECRETS', min: 8 }] : COLUMNS, cells, width, style);
}

/** One line of the log, and what to add to the file where that would let it through. */
export function renderNetworkLine(line: NetworkEntry, style: Style): string {
  const { time, verdict, protocol, name, address, port, reason, add, times } = line;
  const target = [name ?? address ?? '', port === null ? '' : `:${port}`].join('');
  const where = name !== null && address !== null ? `${target} (${address})` : target;
  const often = times > 1 ? ` (${times} times)` : '';
  const paint = verdict === 'denied' ? style.paint.red : style.paint.green;
  const why = reason === '' ? '' : `: ${reason}`;
  const hint = verdict === 'denied' && add !== null ? `; to allow it: ${allowText(add)}` : '';
  return `${style.paint.dim(time)}  ${paint(sanitiseLine(verdict))}  ${sanitiseLine(`${protocol}  ${where}${why}${often}${hint}`)}`;
}
