import type { Desired } from '../model/desired.ts';
import { ConfigError, type Diagnostic } from '../model/errors.ts';
import { interpolate, type Env } from './interpolate.ts';
import { normalize } from './normalize.ts';
import { quote } from './outcome.ts';
import type { Parser } from './parser.ts';
import { Report, Source } from './source.ts';
import { showPath, toJson, type Node } from './tree.ts';
import { reportUnsupported } from './unsupported.ts';
import { validate } from './validate.ts';

export interface LoadInput {
  readonly file: { readonly path: string; readonly text: string };
  /** See parserFor. */
  readonly parse: Parser;
  /** Real path of the project's directory. */
  readonly dir: string;
  /** The environment that variables are taken from. */
  readonly env: Env;
  /** What `~` stands for. */
  readonly home: string;
  /** Beats the file's own `name`. */
  readonly projectName?: string;
}

export interface Loaded {
  readonly desired: Desired;
  readonly warnings: readonly Diagnostic[];
  /** File → text, for code frames. */
  readonly sources: ReadonlyMap<string, string>;
}

/** In UTF-16 units. */
const MAX_LENGTH = 1024 * 1024;

/** The file's text as Desired. Throws ConfigError with all that is wrong, each with its place. Pure. */
export function loadConfig(input: LoadInput): Loaded {
  const { path, text } = input.file;
  const sources = new Map([[path, text]]);
  let report = new Report(new Source(path, text));
  const fail = (): never => {
    throw new ConfigError(inOrder(report.diagnostics), sources);
  };
  if (text.length > MAX_LENGTH) {
    report.add('error', 'config.too-large', undefined, `${path} is larger than 1 MiB`, 'Is this the right file?');
    return fail();
  }
  const parsed = input.parse(text, report);
  if (!parsed || report.failed) return fail();
  report = new Report(new Source(path, text, parsed.spans));
  if (parsed.root.kind !== 'map') {
    reportNoMapping(parsed.root, report);
    return fail();
  }
  const { root, drawn } = interpolate(parsed.root, input.env, report);
  reportNul(root, report);
  const sound = validate(root, report);
  reportUnsupported(sound, report);
  const around = { dir: input.dir, home: input.home, env: input.env, file: path, projectName: input.projectName };
  const desired = normalize(sound, around, drawn, report);
  if (sound !== root && !report.failed) report.error('config.schema', [], 'the file does not satisfy the schema');
  if (report.failed) return fail();
  return { desired, warnings: inOrder(report.diagnostics), sources };
}

function reportNoMapping(root: Node, report: Report): void {
  const value = toJson(root);
  const message = value === null ? 'the file is empty' : `the file holds ${quote(value)} where a mapping belongs`;
  report.error('config.empty', [], message, 'The least is `vms: {dev: {}}`.');
}

/** No path, command or name can hold one. */
function reportNul(node: Node, report: Report): void {
  if (node.kind === 'list') node.items.forEach((item) => reportNul(item, report));
  else if (node.kind === 'map') node.entries.forEach((value) => reportNul(value, report));
  else if (typeof node.value === 'string' && node.value.includes('\0')) {
    report.error('config.value', node.at, `${showPath(node.at)}: the text holds a NUL character`, 'Remove it.');
  }
}

/** As the file has them, each once: the same fault of `defaults` comes up for each machine. */
function inOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const distinct = new Map(diagnostics.map((d) => [`${d.code} ${d.position?.offset ?? ''} ${d.message}`, d]));
  return [...distinct.values()].sort((a, b) => (a.position?.offset ?? 0) - (b.position?.offset ?? 0));
}
