/** A fault in a file, with the lines that it is in and a mark under it. */
import { isAbsolute, relative } from 'node:path';
import type { Diagnostic, Position } from '../model/errors.ts';
import { sanitise, sanitiseLine } from './sanitise.ts';
import { makeStyle, type Style } from './style.ts';
import { displayWidth, truncate } from './width.ts';

export interface FrameOptions {
  readonly color: boolean;
  /** Paths are shown relative to this directory where that is shorter. */
  readonly cwd?: string;
}

/** Columns of a source line that are shown; the mark is always among them. */
const WINDOW = 100;
/** Of a line, in UTF-16 units: more than is ever shown. */
const ENOUGH = 2000;
/** Columns before the mark, in a line that is too long. */
const LEAD = 40;

/**
 * `file:line:col  error  message [code]`, then the line with its predecessor, a mark under the fault, and the hint. Text of
 * several lines, without a newline at its end. `sources` maps file → text; a file that is not in it is not quoted.
 */
export function renderDiagnostic(
  diagnostic: Diagnostic,
  sources: ReadonlyMap<string, string>,
  options: FrameOptions,
): string {
  const style = makeStyle(options.color, false);
  const { position, hint } = diagnostic;
  const lines = [heading(diagnostic, options, style)];
  const source = position && sources.get(position.file);
  if (position && source !== undefined) lines.push(...frame(position, source, diagnostic.severity, style));
  if (hint !== undefined && hint !== '') lines.push(`  ${style.paint.bold('hint:')} ${sanitiseLine(hint)}`);
  return lines.join('\n');
}

function heading({ code, severity, message, position }: Diagnostic, { cwd }: FrameOptions, style: Style): string {
  const where = position
    ? `${style.paint.bold(`${sanitiseLine(shortPath(position.file, cwd))}:${position.line}:${position.column}`)}  `
    : '';
  return `${where}${colour(severity, style)(style.paint.bold(severity))}  ${sanitiseLine(message)} ${style.paint.dim(`[${code}]`)}`;
}

const colour = (severity: Diagnostic['severity'], style: Style): ((text: string) => string) =>
  severity === 'error' ? style.paint.red : style.paint.yellow;

function shortPath(path: string, cwd: string | undefined): string {
  // What comes from a repository has an address.
  if (cwd === undefined || !isAbsolute(path)) return path;
  const short = relative(cwd, path);
  return short !== '' && short.length < path.length ? short : path;
}

function frame(position: Position, source: string, severity: Diagnostic['severity'], style: Style): string[] {
  const start = lineStart(source, position.offset);
  const line = lineAt(source, start);
  const before = start > 0 ? lineAt(source, lineStart(source, start - 1)) : '';
  const gutter = String(position.line).length;
  const row = (number: string, text: string): string =>
    `  ${style.paint.dim(`${number.padStart(gutter)} |`)}${text === '' ? '' : ` ${text}`}`;

  const column = Math.min(position.offset - start, line.length);
  const fault = line.slice(column, column + Math.max(1, position.length));
  const lead = crop(show(line.slice(Math.max(0, column - ENOUGH), column)));
  const mark = '^'.repeat(Math.max(1, Math.min(displayWidth(show(fault)), WINDOW - displayWidth(lead))));
  const shown = truncate(lead + show(line.slice(column)), WINDOW);
  return [
    ...(before.trim() === '' ? [] : [row(String(position.line - 1), truncate(show(before), WINDOW))]),
    row(String(position.line), shown),
    row('', ' '.repeat(displayWidth(lead)) + colour(severity, style)(mark)),
  ];
}

/** No control character of the file reaches the terminal, and a line is never so long that showing it takes time. */
const show = (text: string): string => sanitise(text.slice(0, ENOUGH)).replaceAll('\n', ' ');

/** The end of what is before the mark, where that is long. */
function crop(lead: string): string {
  if (displayWidth(lead) <= WINDOW - LEAD) return lead;
  let from = Math.max(0, lead.length - LEAD);
  while (from < lead.length && displayWidth(lead.slice(from)) > LEAD) from++;
  return `…${lead.slice(from)}`;
}

const lineStart = (source: string, offset: number): number =>
  offset === 0 ? 0 : source.lastIndexOf('\n', offset - 1) + 1;

function lineAt(source: string, start: number): string {
  const end = source.indexOf('\n', start);
  return source.slice(start, end === -1 ? source.length : end).replace(/\r$/, '');
}
