/** The tables of `ai-vm images` and `ai-vm prune`. */
import { formatAmount } from '../model/units.ts';
import type { Style } from './style.ts';
import { renderTable } from './table.ts';

export interface ImageLine {
  readonly digest: string;
  readonly whole: boolean;
  readonly distribution: string | null;
  readonly agents: readonly string[];
  readonly created: string | null;
  readonly size: number;
  readonly templates: { readonly count: number; readonly size: number };
  readonly users: readonly string[];
}

/** Without a newline at its end. */
export function renderImages(images: readonly ImageLine[], width: number, style: Style): string {
  if (images.length === 0) return 'There are no images: ai-vm build makes them.';
  const columns = [
    { title: 'IMAGE' },
    { title: 'SYSTEM', min: 8 },
    { title: 'CREATED' },
    { title: 'SIZE', align: 'right' as const },
    { title: 'TEMPLATES', align: 'right' as const },
    { title: 'USED BY', min: 10 },
  ];
  const rows = images.map((image) => [
    image.digest.slice(0, 12),
    image.whole ? [image.distribution ?? '', ...image.agents].join(', ') : { text: 'damaged', paint: style.paint.red },
    image.created?.slice(0, 10) ?? '-',
    formatAmount(image.size),
    image.templates.count === 0 ? '-' : `${image.templates.count}, ${formatAmount(image.templates.size)}`,
    image.users.join(', ') || { text: 'nobody', paint: style.paint.dim },
  ]);
  return renderTable(columns, rows, width, style);
}

export interface PruneLine {
  readonly kind: string;
  readonly name: string;
  readonly size: number;
}

/** With a newline at its end. */
export function renderPrune(items: readonly PruneLine[], width: number, style: Style): string {
  const columns = [{ title: 'WHAT' }, { title: 'NAME', min: 12 }, { title: 'SIZE', align: 'right' as const }];
  const rows = items.map(({ kind, name, size }) => [kind, name, formatAmount(size)]);
  const total = items.reduce((sum, { size }) => sum + size, 0);
  return `${renderTable(columns, rows, width, style)}\n${formatAmount(total)} in all.\n`;
}
