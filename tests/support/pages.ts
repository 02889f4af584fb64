/**
 * Pages of the documentation as programs: which commands they show, in which order, what is said to come of them, and which of
 * them no test can run. docs/README.md tells people the same.
 */
import { read } from '../unit/docs/support.ts';
import { callsOf } from './shell.ts';

/** Comments in the line before a block: `<!-- test: … -->`. */
export type Directive =
  /** The block is a file of the project. */
  | { readonly kind: 'file'; readonly path: string }
  /** The last command of the block ends with this code. */
  | { readonly kind: 'exit'; readonly code: number }
  /** No test runs it. */
  | { readonly kind: 'not-run'; readonly reason: string };

export interface Command {
  /** As a shell takes it; lines that go on after `\` are one. */
  readonly line: string;
  /** Lines shown below it; null where nothing is said of them. */
  readonly shown: readonly string[] | null;
}

export interface PageBlock {
  readonly document: string;
  /** Line of its fence, from 1. */
  readonly at: number;
  readonly language: string;
  readonly text: string;
  readonly directive: Directive | null;
  readonly commands: readonly Command[];
}

export interface Page {
  readonly document: string;
  /** Why nothing on it is run; null: all of it is, but for blocks that say otherwise. */
  readonly notRun: string | null;
  readonly blocks: readonly PageBlock[];
}

const SHELLS = new Set(['sh', 'console']);

function directiveOf(text: string): Directive {
  const [, kind, rest = ''] = /^(\S+?):? +(.*)$/.exec(text.replace(/^not run/, 'not-run')) ?? [];
  if (kind === 'file') return { kind, path: rest };
  if (kind === 'exit' && /^\d+$/.test(rest)) return { kind, code: Number(rest) };
  if (kind === 'not-run' && rest !== '') return { kind, reason: rest };
  throw new Error(`not understood: <!-- test: ${text} -->`);
}

/** `sh`: every line is a command or a comment. `console`: `$ ` begins a command, and what it prints follows. */
function commandsOf(language: string, text: string): Command[] {
  const lines = text.replaceAll(/ *\\\n */g, ' ').split('\n');
  if (language === 'sh') {
    return lines.filter((line) => line.trim() !== '' && !line.startsWith('#')).map((line) => ({ line, shown: null }));
  }
  const commands: { line: string; shown: string[] }[] = [];
  for (const line of lines) {
    if (line.startsWith('$ ')) commands.push({ line: line.slice(2), shown: [] });
    else commands.at(-1)?.shown.push(line);
  }
  return commands;
}

const WHOLE = /^<!-- test: nothing here is run: (.+) -->$/m;

/** The blocks of a document that mean something to a test: commands, and files with a directive. */
export function pageOf(document: string, markdown = read(document)): Page {
  const found = markdown.matchAll(/^(?:<!-- test: ([^\n]+) -->\n\n?)?```(\w*)[^\n]*\n(.*?)^```[ ]*$/gms);
  const blocks = [...found].map((match): PageBlock => {
    const [whole, comment, language = '', text = ''] = match;
    const before = markdown.slice(0, match.index) + whole.slice(0, whole.indexOf('```'));
    const directive = comment === undefined ? null : directiveOf(comment);
    const commands = SHELLS.has(language) ? commandsOf(language, text) : [];
    return { document, at: before.split('\n').length, language, text, directive, commands };
  });
  return {
    document,
    notRun: WHOLE.exec(markdown)?.[1] ?? null,
    blocks: blocks.filter(({ language, directive }) => SHELLS.has(language) || directive !== null),
  };
}

/** Why a block is not run; null when it is. */
export const reasonOf = (page: Page, { directive }: PageBlock): string | null =>
  directive?.kind === 'not-run' ? directive.reason : page.notRun;

/** Pages that are followed at every run: how everybody begins, what changes while a machine runs, and what it reaches. */
export const ALWAYS: readonly string[] = ['docs/getting-started.md', 'docs/live-changes.md', 'docs/network.md'];

/** Verbs that do the same whether or not there is a guest, and those that only say something else then. */
const ALIKE = new Set(['approve', 'completion', 'config', 'doctor', 'init', 'prune', 'validate', 'version']);
const LOOKS = new Set(['images', 'ls', 'plan', 'ps']);
/** What `up` ends with before it has done anything: an approval that is missing, a file that is not sound. */
const REFUSED = new Set([1, 65]);

/** What a command of a block has to end with. */
export const codeOf = ({ directive, commands }: PageBlock, command: Command): number =>
  command === commands.at(-1) && directive?.kind === 'exit' ? directive.code : 0;

/** The commands of a block that can be run where none before them has started a guest. */
export function withoutGuest(block: PageBlock): Command[] {
  return block.commands.filter((command) => {
    const says = command.shown?.some((line) => line !== '') ?? false;
    const refused = REFUSED.has(codeOf(block, command));
    const calls = callsOf(command.line).map(([verb = '']) => verb);
    const alike = (verb: string): boolean =>
      ALIKE.has(verb) || (LOOKS.has(verb) && !says) || (verb === 'up' && refused);
    return calls.length > 0 ? calls.every(alike) : command.line.startsWith('mkdir ');
  });
}
