import type { Diagnostic, Position } from '../model/errors.ts';
import { showPath, type Node, type Path, type Span, type Spans } from './tree.ts';

/** A parsed file: its values, and where each stands. */
export interface Parsed {
  readonly root: Node;
  /** Found when first asked for: a file without faults never pays for it. Undefined when it cannot be told. */
  readonly spans: () => Spans | undefined;
}

/** A file's text with its parsed values, which can say where a path is. */
export class Source {
  readonly path: string;
  readonly text: string;
  readonly #spans: () => Spans | undefined;

  constructor(path: string, text: string, spans: () => Spans | undefined = () => undefined) {
    this.path = path;
    this.text = text;
    this.#spans = spans;
  }

  /** The place of a value or of its key; of the nearest ancestor that has one, when it has none itself. */
  locate(path: Path, part: 'key' | 'value'): Position | undefined {
    let found = this.#spans();
    if (!found) return undefined;
    for (const step of path) {
      const child: Spans | undefined = found.children.get(step);
      if (!child) return this.position(found.key ?? found.value);
      found = child;
    }
    return this.position(part === 'key' ? (found.key ?? found.value) : found.value);
  }

  /** The value as it is written, without quotes being undone; undefined when its place is not known. */
  written(path: Path): string | undefined {
    let found = this.#spans();
    for (const step of path) found = found?.children.get(step);
    return found && this.text.slice(found.value.start, found.value.end);
  }

  position({ start, end }: Span): Position {
    const before = this.text.lastIndexOf('\n', start - 1) + 1;
    const line = countLines(this.text, start);
    return {
      file: this.path,
      line,
      column: start - (start === 0 ? 0 : before) + 1,
      offset: start,
      length: Math.max(1, end - start),
    };
  }
}

function countLines(text: string, until: number): number {
  let lines = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < until; at = text.indexOf('\n', at + 1)) lines++;
  return lines;
}

/** Collects what is wrong, so that everything can be said at once. */
export class Report {
  readonly source: Source;
  readonly diagnostics: Diagnostic[] = [];
  readonly #blamed = new Set<string>();

  constructor(source: Source) {
    this.source = source;
  }

  /** Whether something is already known to be wrong with this very value. */
  blames(at: Path): boolean {
    return this.#blamed.has(showPath(at));
  }

  get failed(): boolean {
    return this.diagnostics.some((diagnostic) => diagnostic.severity === 'error');
  }

  /** An error at a value (or at its key). */
  error(code: string, at: Path, message: string, hint?: string, part: 'key' | 'value' = 'value'): void {
    this.#blamed.add(showPath(at));
    this.add('error', code, this.source.locate(at, part), message, hint);
  }

  warning(code: string, at: Path, message: string, hint?: string): void {
    this.add('warning', code, this.source.locate(at, 'value'), message, hint);
  }

  add(
    severity: 'error' | 'warning',
    code: string,
    position: Position | undefined,
    message: string,
    hint?: string,
  ): void {
    this.diagnostics.push({ code, severity, message, hint, position });
  }
}
