/** The result for people. */
import { round } from './stats.mjs';

/**
 * @typedef {{ median: number, min: number, samples: readonly number[] }} Summary
 * @typedef {{ what: string, unit: 'ms' | 's' | 'MiB', ours: Summary, floor: Summary | null, floorName?: string,
 *   cpu?: { ours: Summary, floor: Summary }, aim: { more: number } | { most: number } | { ratio: number } | null, note?: string }} Row
 */

/** @param {Row} row @returns {boolean | null} null when nothing is aimed at */
export function reached({ ours, floor, aim }) {
  if (aim === null) return null;
  if ('most' in aim) return ours.median <= aim.most;
  if ('more' in aim) return ours.median - floor.median <= aim.more;
  return ours.median / floor.median <= aim.ratio;
}

const shown = (value, unit) => `${round(value, unit === 's' ? 2 : unit === 'ms' ? 0 : 1)} ${unit}`;

const difference = (ours, floor, unit) => `+${shown(ours - floor, unit)}`.replace('+-', '-');
const times = (ours, floor) => `${(ours / floor).toFixed(2)}×`;

const aimText = ({ aim, unit }) => {
  if (aim === null) return '-';
  if ('most' in aim) return `≤ ${aim.most} ${unit}`;
  return 'more' in aim ? `≤ +${aim.more} ${unit}` : `≤ ${aim.ratio}×`;
};

/** @param {readonly (readonly string[])[]} lines */
function columns(lines) {
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  return lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
}

/** @param {{ host: any, rows: readonly Row[], sections: any }} result */
export function renderTable({ host, rows, sections }) {
  const head = ['what (median)', 'ours', 'floor', 'difference', 'of minima', 'ratio', 'of CPU time', 'aim', ''];
  // Where others wait for a processor too, what is missed may well be their time.
  const missed = Math.max(...host.load) > host.cpus ? 'MISSED (busy host)' : 'MISSED';
  const lines = rows.map((row) => {
    const { ours, floor, unit, cpu } = row;
    const verdict = reached(row);
    return [
      row.what,
      shown(ours.median, unit),
      floor ? `${shown(floor.median, unit)} (${row.floorName})` : '-',
      floor ? difference(ours.median, floor.median, unit) : '-',
      floor ? difference(ours.min, floor.min, unit) : '-',
      floor ? times(ours.median, floor.median) : '-',
      cpu ? `${times(cpu.ours.median, cpu.floor.median)} ${difference(cpu.ours.median, cpu.floor.median, unit)}` : '-',
      aimText(row),
      [verdict === null ? '' : verdict ? 'ok' : missed, row.note ?? ''].filter(Boolean).join('  '),
    ];
  });
  const about = `Node ${host.node}, QEMU ${host.qemu ?? '-'} (${host.accelerator ?? '-'}), ${host.cpus} CPUs, load ${host.load.join(' → ')}`;
  return `${[about, '', ...columns([head, ...lines]), ...guestLines(sections.guest), ...splitLines(sections)].join('\n')}\n`;
}

function splitLines({ boot, warm, clone }) {
  const line = (what, split) =>
    split
      ? [
          '',
          `${what} (medians): ${Object.entries(split)
            .map(([name, ms]) => `${name} ${round(ms)} ms`)
            .join(', ')}`,
        ]
      : [];
  return [
    ...line('ai-vm up, cold', boot?.split),
    ...line('ai-vm up, warm', warm?.split),
    ...line('ai-vm, warm, from the start of QEMU until', clone?.reached.ours),
    ...line('bare QEMU, warm, from its start until', clone?.reached.bare),
  ];
}

function guestLines(guest) {
  if (!guest) return [];
  const phases = Object.entries(guest.phases).map(([name, seconds]) => `${name} ${round(seconds, 2)} s`);
  const slowest = guest.blame.map(({ unit, seconds }) => [`  ${unit}`, `${round(seconds, 2)} s`]);
  return ['', `guest: ${phases.join(' + ')}`, ...(slowest.length > 0 ? columns(slowest) : [])];
}
