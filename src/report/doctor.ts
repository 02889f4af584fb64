/** What `doctor` found. */
import { sanitiseLine } from './sanitise.ts';
import type { Style } from './style.ts';
import { wrap } from './width.ts';

/** Columns in which a sentence can be read. */
const NARROWEST = 16;

interface Check {
  readonly name: string;
  readonly verdict: 'ok' | 'worse' | 'missing';
  readonly found: string;
  readonly cost: string | null;
  readonly fix: string | null;
}

/** With a newline at its end. `columns`: of the terminal, or Infinity. What is to be typed is never broken. */
export function renderDoctor(checks: readonly Check[], columns: number, style: Style): string {
  const marks = {
    ok: style.paint.green(style.symbols.done),
    worse: style.paint.yellow(style.symbols.warning),
    missing: style.paint.red(style.symbols.failed),
  };
  const width = Math.max(...checks.map((check) => check.name.length)) + 2;
  const hanging = (first: string, text: string, indent: number): string[] => {
    const room = columns - indent;
    if (room < NARROWEST)
      return [first.trimEnd(), ...wrap(text, Math.max(NARROWEST, columns - 4)).map((line) => `    ${line}`)];
    return wrap(text, room).map((line, n) => (n === 0 ? first : ' '.repeat(indent)) + line);
  };
  const lines = checks.flatMap((check) => [
    ...hanging(`${marks[check.verdict]} ${check.name.padEnd(width)}`, sanitiseLine(check.found), width + 2),
    ...(check.cost ? hanging('    so: ', check.cost, 8) : []),
    ...(check.fix ? [`    mend it with: ${check.fix}`] : []),
  ]);
  const missing = checks.filter((check) => check.verdict === 'missing').length;
  const end =
    missing === 0 ? 'Machines can be started here.' : `${missing} missing: machines cannot be started before.`;
  return `${[...lines, end].join('\n')}\n`;
}
