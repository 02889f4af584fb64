/** What to do next, under what is. */
import type { Style } from './style.ts';
import { displayWidth } from './width.ts';

/** With a newline at its end, or empty. `command`: what a person types to run ai-vm here. */
export function renderNext(rows: readonly (readonly [string, string])[], style: Style, command: string): string {
  if (rows.length === 0) return '';
  const commands = rows.map(([words]) => `${command} ${words}`);
  const column = Math.max(...commands.map(displayWidth)) + 2;
  const lines = rows.map(([, what], n) => `  ${commands[n]!.padEnd(column)}${style.paint.dim(what)}`);
  return `${style.paint.bold('Next:')}\n${lines.join('\n')}\n`;
}
