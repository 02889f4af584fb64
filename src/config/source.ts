import type { Diagnostic, Position } from '../model/errors.ts';
import { secretsIn, type Written } from './mask.ts';
import type { NamedVariable } from './template.ts';
import { unquoted } from './unquoted.ts';
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

  /** Secrets that it says itself; null: it could not be parsed. */
  secrets(named: readonly string[]): readonly Written[] | null {
    const spans = this.#spans();
    return spans ? secretsIn(this.text, spans, named) : null;
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

/** What several reports have in common: all files, and all that is wrong. */
export class Findings {
  readonly sources = new Map<string, Source>();
  readonly diagnostics: Diagnostic[] = [];
  readonly blamed = new Set<string>();
  /** All variables that were met, by their names: required where one place requires it, with the first default. */
  readonly variables = new Map<string, NamedVariable>();

  /** Files of which no message tells more than a place. */
  readonly unquoted = new Set<string>();

  /** What has been said, of what is said once for all files. */
  readonly said = new Set<string>();

  get failed(): boolean {
    return this.diagnostics.some((diagnostic) => diagnostic.severity === 'error');
  }
}

/** Collects what is wrong, so that everything can be said at once. */
export class Report {
  /** Of what names no file. */
  readonly source: Source;
  readonly #findings: Findings;

  constructor(source: Source, findings: Findings = new Findings()) {
    this.source = source;
    this.#findings = findings;
    findings.sources.set(source.path, source);
  }

  get diagnostics(): readonly Diagnostic[] {
    return this.#findings.diagnostics;
  }

  #of(at: Path): Source {
    return (at.file === undefined ? undefined : this.#findings.sources.get(at.file)) ?? this.source;
  }

  /** Whether something is already known to be wrong with this very value. */
  blames(at: Path): boolean {
    return this.#findings.blamed.has(`${this.#of(at).path} ${showPath(at)}`);
  }

  /** The same for a field of any machine. */
  blamesSome(field: string): boolean {
    return [...this.#findings.blamed].some((key) => key.includes(`.${field}`));
  }

  locate(at: Path): Position | undefined {
    return this.#of(at).locate(at, 'value');
  }

  /** Whether messages may say what a file has in it. */
  quotes({ file }: Path): boolean {
    return file === undefined || !this.#findings.unquoted.has(file);
  }

  /** Notes variables that the file names. */
  uses(variables: readonly NamedVariable[]): void {
    for (const { name, required, otherwise } of variables) {
      const before = this.#findings.variables.get(name);
      this.#findings.variables.set(name, {
        name,
        required: required || before?.required === true,
        otherwise: before?.otherwise ?? otherwise,
      });
    }
  }

  /** Whether this has not been said before, in whichever file. */
  firstTime(what: string): boolean {
    const first = !this.#findings.said.has(what);
    this.#findings.said.add(what);
    return first;
  }

  /** The value as it is written, without quotes being undone; undefined when its place is not known. */
  written(at: Path): string | undefined {
    return this.#of(at).written(at);
  }

  get failed(): boolean {
    return this.#findings.failed;
  }

  /** An error at a value (or at its key). */
  error(code: string, at: Path, message: string, hint?: string, part: 'key' | 'value' = 'value'): void {
    this.#findings.blamed.add(`${this.#of(at).path} ${showPath(at)}`);
    const source = this.#of(at);
    this.add('error', code, source.locate(at, part), message, hint, source);
  }

  warning(code: string, at: Path, message: string, hint?: string): void {
    const source = this.#of(at);
    this.add('warning', code, source.locate(at, 'value'), message, hint, source);
  }

  add(
    severity: 'error' | 'warning',
    code: string,
    position: Position | undefined,
    message: string,
    hint?: string,
    source: Source = this.source,
  ): void {
    const found = { code, severity, message, hint, position };
    const isQuoted = this.quotes({ file: source.path } as Path);
    this.#findings.diagnostics.push(isQuoted ? found : unquoted(found));
  }
}
