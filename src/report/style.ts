/** What a stream can show: colours and symbols, decided once and handed around as a value. */
import pc from 'picocolors';

export type Env = Readonly<Record<string, string | undefined>>;

export interface Symbols {
  readonly done: string;
  readonly failed: string;
  readonly skipped: string;
  readonly waiting: string;
  readonly detail: string;
  readonly warning: string;
  readonly arrow: string;
  readonly ellipsis: string;
  readonly spinner: readonly string[];
}

export interface Style {
  readonly color: boolean;
  readonly unicode: boolean;
  readonly paint: ReturnType<typeof pc.createColors>;
  readonly symbols: Symbols;
}

const UNICODE: Symbols = {
  done: '✔',
  failed: '✖',
  skipped: '↓',
  waiting: '·',
  detail: '›',
  warning: '⚠',
  arrow: '→',
  ellipsis: '…',
  spinner: ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'],
};

const ASCII: Symbols = {
  done: '+',
  failed: 'x',
  skipped: '-',
  waiting: '.',
  detail: '>',
  warning: '!',
  arrow: '->',
  ellipsis: '...',
  spinner: ['-', '\\', '|', '/'],
};

/** `NO_COLOR` (any value but the empty one) beats `FORCE_COLOR`; without either, colour where it is a terminal. */
export function wantsColor(env: Env, isTTY: boolean): boolean {
  if (env['NO_COLOR']) return false;
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return isTTY && env['TERM'] !== 'dumb';
}

/** As locale(7) has it: LC_ALL, then LC_CTYPE, then LANG; none of them means the C locale. The Linux console lacks the glyphs. */
export function wantsUnicode(env: Env): boolean {
  if (env['TERM'] === 'linux') return false;
  return /utf-?8/iu.test(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '');
}

export function makeStyle(color: boolean, unicode: boolean): Style {
  return { color, unicode, paint: pc.createColors(color), symbols: unicode ? UNICODE : ASCII };
}
