/** An error as people read it: what happened, why, what to do next, and where to read more. */
import type { Diagnostic, ErrorCode } from '../model/errors.ts';
import { AiVmError, ConfigError } from '../model/errors.ts';
import { renderDiagnostic } from './frame.ts';
import { sanitise } from './sanitise.ts';
import { makeStyle, type Style } from './style.ts';

export interface ErrorStyle {
  readonly color: boolean;
  /** Directory that paths are shown against. */
  readonly cwd?: string | undefined;
  /** Also the stack and the causes. */
  readonly verbose?: boolean | undefined;
}

/** Where a code is explained: its heading in docs/errors.md, as Markdown renderers make anchors (dots fall away). */
export function errorAnchor(code: ErrorCode): string {
  return `docs/errors.md#${code.replaceAll('.', '')}`;
}

/** Text of several lines, without a newline at its end. An AggregateError gives one block for each of its errors. */
export function renderError(error: unknown, options: ErrorStyle): string {
  const style = makeStyle(options.color, false);
  if (error instanceof ConfigError) return renderConfigError(error, options, style);
  if (error instanceof AiVmError)
    return [...renderKnown(error, style), ...renderDepths(error, options, style)].join('\n');
  if (error instanceof AggregateError && error.errors.length > 0) {
    return error.errors.map((inner: unknown) => renderError(inner, options)).join('\n\n');
  }
  return renderBug(error, options, style);
}

function renderKnown(error: AiVmError, style: Style): string[] {
  const lines = [heading(withVm(error), style)];
  if (error.why !== undefined && error.why !== '') lines.push(...labelled('why', error.why, style));
  if (error.fix !== undefined && error.fix !== '') lines.push(...labelled('fix', error.fix, style));
  lines.push(reference(error.code, style));
  return lines;
}

function renderConfigError(error: ConfigError, options: ErrorStyle, style: Style): string {
  const frame = { color: options.color, ...(options.cwd === undefined ? {} : { cwd: options.cwd }) };
  const blocks = error.diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, error.sources, frame));
  const summary = [heading(`${countOf(error.diagnostics)} in the configuration`, style), reference(error.code, style)];
  return [...blocks, summary.join('\n')].join('\n\n');
}

function countOf(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error').length;
  const warnings = diagnostics.length - errors;
  const count = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;
  return count(errors, 'error') + (warnings === 0 ? '' : `, ${count(warnings, 'warning')}`);
}

function renderBug(error: unknown, options: ErrorStyle, style: Style): string {
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const fix =
    options.verbose === true
      ? 'please report it, with the command and the lines above and below'
      : 'run the same command with --verbose, and please report it with what that prints';
  return [
    heading(what, style),
    ...labelled('why', 'this is a bug in ai-vm', style),
    ...labelled('fix', fix, style),
    reference('internal', style),
    ...renderDepths(error, options, style),
  ].join('\n');
}

/** Stack and causes, for --verbose. */
function renderDepths(error: unknown, options: ErrorStyle, style: Style): string[] {
  if (options.verbose !== true || !(error instanceof Error)) return [];
  const lines: string[] = [];
  let current: unknown = error;
  // A chain of causes that leads back into itself must end somewhere.
  for (let depth = 0; current instanceof Error && depth < 8; depth += 1) {
    const stack = sanitise(current.stack ?? String(current));
    lines.push(style.paint.dim(indent(depth === 0 ? stack : `caused by ${stack}`)));
    current = current.cause;
  }
  return lines;
}

/** The machine's name in front, where the message does not name it. */
export function withVm({ message, vm }: { readonly message: string; readonly vm?: string | undefined }): string {
  return vm === undefined || message.split(/[^\w-]+/u).includes(vm) ? message : `${vm}: ${message}`;
}

function heading(text: string, style: Style): string {
  return `${style.paint.red(style.paint.bold('error:'))} ${indentRest(sanitise(text), 7)}`;
}

function labelled(label: string, text: string, style: Style): string[] {
  return [`  ${style.paint.bold(`${label}:`)} ${indentRest(sanitise(text), 7)}`];
}

function reference(code: ErrorCode, style: Style): string {
  return style.paint.dim(`  code: ${code} (${errorAnchor(code)})`);
}

function indentRest(text: string, columns: number): string {
  return text
    .trimEnd()
    .split('\n')
    .join(`\n${' '.repeat(columns)}`);
}

function indent(text: string): string {
  return `  ${text.split('\n').join('\n  ')}`;
}
