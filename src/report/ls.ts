/** The table of `ai-vm ls`. */
import type { MachineState } from '../model/plan.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';

/** One project as `ls` shows it. */
export interface LsRow {
  readonly project: string;
  readonly directory: string;
  readonly exists: boolean;
  readonly machines: readonly { readonly state: MachineState }[];
  readonly watch: number | null;
}

/** `2 running, 1 stopped`; what runs first. */
function countsOf(machines: LsRow['machines']): string {
  const counts = new Map<string, number>();
  for (const { state } of machines) counts.set(state, (counts.get(state) ?? 0) + 1);
  const rank = (state: string): number => (state === 'running' ? 0 : 1);
  return (
    [...counts]
      .sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1))
      .map(([state, count]) => `${count} ${state}`)
      .join(', ') || 'none'
  );
}

function noteOf({ project, exists, watch }: LsRow): string {
  const notes = [
    ...(exists ? [] : [`its directory is gone: ai-vm down -p ${project} stops it, ai-vm rm -p ${project} deletes it`]),
    ...(watch === null ? [] : [`watched by process ${watch}`]),
  ];
  return notes.join('; ');
}

/** Without a newline at its end; `width` as in renderTable. */
export function renderLs(projects: readonly LsRow[], width: number, style: Style): string {
  if (projects.length === 0) return 'There are no machines on this host.';
  const rows = projects.map((each) => [
    each.project,
    countsOf(each.machines),
    { text: each.directory, ...(each.exists ? {} : { paint: style.paint.red }) },
    noteOf(each),
  ]);
  const noted = rows.some((row) => row[3] !== '');
  const columns = [
    { title: 'PROJECT', min: 10 },
    { title: 'MACHINES', min: 10 },
    { title: 'DIRECTORY', min: 14 },
  ];
  return renderTable(noted ? [...columns, { title: 'NOTE', min: 14 }] : columns, rows, width, style);
}
