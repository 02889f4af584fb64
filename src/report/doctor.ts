/** What `doctor` found. */
import { sanitiseLine } from './sanitise.ts';
import type { Style } from './style.ts';

interface Check {
  readonly name: string;
  readonly verdict: 'ok' | 'worse' | 'missing';
  readonly found: string;
  readonly cost: string | null;
  readonly fix: string | null;
}

/** With a newline at its end. */
export function renderDoctor(checks: readonly Check[], style: Style): string {
  const marks = {
    ok: style.paint.green(style.symbols.done),
    worse: style.paint.yellow(style.symbols.warning),
    missing: style.paint.red(style.symbols.failed),
  };
  const width = Math.max(...checks.map((check) => check.name.length)) + 2;
  const lines = checks.flatMap((check) => [
    `${marks[check.verdict]} ${check.name.padEnd(width)}${sanitiseLine(check.found)}`,
    ...(check.cost ? [`    so: ${check.cost}`] : []),
    ...(check.fix ? [`    mend it with: ${check.fix}`] : []),
  ]);
  const missing = checks.filter((check) => check.verdict === 'missing').length;
  const end =
    missing === 0 ? 'Machines can be started here.' : `${missing} missing: machines cannot be started before.`;
  return `${[...lines, end].join('\n')}\n`;
}
