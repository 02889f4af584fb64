/** What happens, told to a person or a program: picks the renderer for a stream and keeps errors from being told twice. */
import type { Event } from '../model/events.ts';
import { renderError } from './errors.ts';
import { errorJson, eventJson } from './json.ts';
import { eventLine, type Sink } from './lines.ts';
import type { Screen } from './painter.ts';
import { createPlain } from './plain.ts';
import { renderPlan } from './plan.ts';
import type { Env, Style } from './style.ts';
import { makeStyle, wantsColor, wantsUnicode } from './style.ts';

export type ProgressMode = 'auto' | 'tty' | 'plain' | 'json' | 'quiet';

/** The stream that is written to: `process.stderr` has this shape. */
export interface ReportStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

export interface ReporterOptions {
  readonly mode: ProgressMode;
  readonly stream: ReportStream;
  readonly env: Env;
  /** Width to use instead of the stream's own. */
  readonly columns?: number | undefined;
  /** Directory that paths in messages are shown against. */
  readonly cwd?: string | undefined;
  /** Show stacks and causes with errors. */
  readonly verbose?: boolean | undefined;
  /** Milliseconds from any origin. */
  readonly now?: (() => number) | undefined;
}

export interface Reporter {
  readonly emit: (event: Event) => void;
  /** Tells an error that ends the command, in the form of the mode; not again when a failed step has told it. */
  readonly fail: (error: unknown) => void;
  /** Ends the display, then tells in full what failed. Nothing may be emitted afterwards, but `fail` may be called. */
  readonly close: () => Promise<void>;
}

/** `auto` is a live display on a terminal that can do it and plain lines elsewhere, so also in CI. */
export function resolveMode(mode: ProgressMode, stream: ReportStream, env: Env): Exclude<ProgressMode, 'auto'> {
  if (mode !== 'auto') return mode;
  return stream.isTTY === true && env['TERM'] !== 'dumb' && !env['CI'] ? 'tty' : 'plain';
}

/** See Reporter. The live display is loaded with the first step, so that a command without steps never pays for it. */
export function createReporter(options: ReporterOptions): Reporter {
  const mode = resolveMode(options.mode, options.stream, options.env);
  const write = (text: string): void => {
    options.stream.write(text);
  };
  const told = new WeakSet<object>();
  if (mode === 'json') return jsonReporter(write, told);

  const isTTY = options.stream.isTTY === true;
  const color = mode === 'plain' && !isTTY ? false : wantsColor(options.env, isTTY);
  const style = makeStyle(mode === 'plain' ? false : color, wantsUnicode(options.env));
  const now = options.now ?? ((): number => performance.now());
  const describe = (error: unknown): string =>
    renderError(error, { color: style.color, cwd: options.cwd, verbose: options.verbose ?? false });
  const tell = (error: unknown, line: (text: string) => void): void => {
    if (isTold(error, told)) return;
    line(describe(error));
  };
  const toStream = (text: string): void => {
    write(`${text}\n`);
  };
  const fail = (error: unknown): void => {
    tell(error, toStream);
  };
  if (mode === 'quiet') {
    return {
      emit: (event) => {
        if ('error' in event) fail(event.error);
      },
      fail,
      close: () => Promise.resolve(),
    };
  }
  const sink = mode === 'plain' ? createPlain(write, style, now) : lazyDisplay(options, style, now, write);
  const failures: unknown[] = [];
  return {
    emit: (event) => {
      if (event.type === 'plan' && touchesExisting(event.plan)) sink.line(renderPlan(event.plan, style));
      sink.emit(event);
      if (event.type === 'step-failed') failures.push(event.error);
      if (event.type === 'watch' && event.error)
        tell(event.error, (text) => {
          sink.line(text);
        });
    },
    fail,
    close: async () => {
      await sink.close();
      for (const error of failures) tell(error, toStream);
    },
  };
}

/** New machines are what was asked for; a plan that changes one that is there is worth reading. */
function touchesExisting(plan: Extract<Event, { type: 'plan' }>['plan']): boolean {
  return plan.vms.some((vm) => vm.changes.length > 0 || vm.pending.length > 0);
}

function isTold(error: unknown, told: WeakSet<object>): boolean {
  if (typeof error !== 'object' || error === null) return false;
  if (told.has(error)) return true;
  told.add(error);
  // Several steps that failed together come back as one error around theirs.
  return (
    error instanceof AggregateError && error.errors.length > 0 && error.errors.every((inner) => isKnown(inner, told))
  );
}

function isKnown(error: unknown, told: WeakSet<object>): boolean {
  return typeof error === 'object' && error !== null && told.has(error);
}

function jsonReporter(write: (text: string) => void, told: WeakSet<object>): Reporter {
  return {
    emit: (event) => {
      if (event.type === 'step-failed') told.add(event.error);
      write(`${eventJson(event)}\n`);
    },
    fail: (error) => {
      if (!isTold(error, told)) write(`${errorJson(error)}\n`);
    },
    close: () => Promise.resolve(),
  };
}

/** Until the first step, lines; then the live display, with what came while it was loading. */
function lazyDisplay(options: ReporterOptions, style: Style, now: () => number, write: (text: string) => void): Sink {
  const screen: Screen = {
    write,
    columns: () => options.columns ?? options.stream.columns ?? 80,
    rows: () => options.stream.rows ?? 24,
  };
  let plan: Event | null = null;
  let display: Sink | null = null;
  let loading: Promise<void> | null = null;
  const waiting: ((sink: Sink) => void)[] = [];
  const load = async (): Promise<void> => {
    const { createDisplay } = await import('./tty.ts');
    display = createDisplay(screen, style, now);
    if (plan !== null) display.emit(plan);
    for (const act of waiting.splice(0)) act(display);
  };
  const through = (act: (sink: Sink) => void): void => {
    if (display === null) waiting.push(act);
    else act(display);
  };
  return {
    emit(event): void {
      if (event.type === 'plan') plan = event;
      if (loading === null && event.type.startsWith('step-')) loading = load();
      if (loading !== null) {
        through((sink) => {
          sink.emit(event);
        });
        return;
      }
      const text = eventLine(event, style);
      if (text !== null) write(`${text}\n`);
    },
    line(text): void {
      if (loading === null) write(`${text}\n`);
      else {
        through((sink) => {
          sink.line(text);
        });
      }
    },
    async close(): Promise<void> {
      await loading;
      await display?.close();
    },
  };
}
