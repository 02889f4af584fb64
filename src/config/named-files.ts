import type { BorrowedFile } from '../model/desired.ts';
import type { ConfigText } from './layers.ts';
import type { Findings, Report } from './source.ts';
import { isRemote } from './include.ts';
import { showPath, type Node } from './tree.ts';

/** Absolute path → the file; null when there is none. */
export type Further = ReadonlyMap<string, ConfigText | null>;

export interface NamedFilesInput {
  /** Real path of the project's directory. */
  readonly dir: string;
  /** What was read so far. */
  readonly further: Further;
  /** Whether files outside of the project are read: whoever says so asks before anything is made of them. */
  readonly outside: boolean;
}

const MAX_FILES = 100;
/** In UTF-16 units. */
const MAX_LENGTH = 4 * 1024 * 1024;

/** What a chain of files that is too long hints at. */
export const CHAIN = 'Is there a file that names itself by other names?';

/** The files that other files name: which are needed, which took part, and which machines take part of those outside. */
export class NamedFiles {
  readonly #input: NamedFilesInput;
  readonly #findings: Findings;
  readonly #needed = new Set<string>();
  readonly #used = new Set<string>();
  readonly #borrowed = new Map<string, BorrowedFile>();
  /** Of all of them, in UTF-16 units. */
  #length = 0;

  constructor(input: NamedFilesInput, findings: Findings) {
    this.#input = input;
    this.#findings = findings;
  }

  /** Not read yet. */
  get needed(): readonly string[] {
    return [...this.#needed];
  }

  get used(): readonly string[] {
    return [...this.#used];
  }

  /** Read, or looked for in vain. */
  get asked(): readonly string[] {
    return [...this.#input.further.keys()];
  }

  get missing(): readonly string[] {
    return this.asked.filter((path) => this.#input.further.get(path) === null);
  }

  isOutside(path: string): boolean {
    const { dir } = this.#input;
    return !path.startsWith(dir === '/' ? '/' : `${dir}/`);
  }

  /** A file that `by` names; null: there is none, which is said, or it is needed first. */
  get(path: string, by: Node, report: Report): ConfigText | null {
    const { further, outside } = this.#input;
    if (this.isOutside(path) && !outside) {
      const hint = 'Copy what you need of it into the project, or name the file with -f.';
      report.error('config.outside', by.at, `${showPath(by.at)}: ${path} is outside of the project`, hint);
      return null;
    }
    if (!this.#allows(path, by, report)) return null;
    const found = further.get(path);
    if (found === undefined) this.#needed.add(path);
    else if (found === null) {
      const hint = 'The path counts from the file that names it.';
      report.error('config.no-file', by.at, `${showPath(by.at)}: there is no file ${path}`, hint);
    } else this.#used.add(path);
    return this.#noted(found);
  }

  /** A file that may lie beside one that was named. */
  beside(path: string): ConfigText | null {
    const found = this.#input.further.get(path);
    if (found === undefined) this.#needed.add(path);
    return this.#noted(found);
  }

  #noted(file: ConfigText | null | undefined): ConfigText | null {
    if (file?.outside) this.#findings.unquoted.add(file.path);
    return file ?? null;
  }

  /** Notes that a machine takes part of a file. */
  take(vm: string, { outside }: ConfigText, as: BorrowedFile['as']): void {
    if (outside && isRemote(outside.path)) {
      // It was agreed to before anybody knew what machines it has.
      this.#borrowed.set(outside.path, { vm: '*', as: 'git', ...outside });
    } else if (outside) this.#borrowed.set(JSON.stringify([vm, as, outside.path]), { vm, as, ...outside });
  }

  /** What these machines take part of, of files outside: each once, sorted. */
  borrowed(vms: Iterable<string>): BorrowedFile[] {
    const names = new Set(['*', ...vms]);
    return [...this.#borrowed]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, each]) => (names.has(each.vm) ? [each] : []));
  }

  /** A project has a few files: who names hundreds, or one after the other without end, is after something else. */
  #allows(path: string, by: Node, report: Report): boolean {
    if (this.#used.has(path) || this.#needed.has(path)) return true;
    this.#length += this.#input.further.get(path)?.text.length ?? 0;
    if (this.#used.size + this.#needed.size < MAX_FILES && this.#length <= MAX_LENGTH) return true;
    if (report.firstTime('too many files')) {
      const limit = `${MAX_FILES} files or ${MAX_LENGTH / 2 ** 20} MiB`;
      report.error('config.limit', by.at, `${showPath(by.at)}: more than ${limit} are named by others`, CHAIN);
    }
    return false;
  }
}
