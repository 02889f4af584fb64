/** argv in, exit code out. */
import { CommanderError } from 'commander';
import { VERSION } from '../generated/version.ts';
import { EXIT } from '../model/errors.ts';
import { closest } from '../model/closest.ts';
import { renderHelp, renderOverview, type Row } from '../report/help.ts';
import { defineVerb } from './describe.ts';
import { ALL_EXITS } from './exits.ts';
import type { Io } from './io.ts';
import { styleOf, widthOf } from './style.ts';
import { VERBS } from './verbs.ts';
import { isTerminal } from './terminal.ts';
import { isGlobal, splitVerb } from './words.ts';

const OPTIONS: readonly Row[] = [
  ['-V, --version', 'print the version'],
  ['-h, --help', 'this, or the help of a verb: ai-vm VERB --help'],
];

function overview(io: Io): string {
  const groups = new Map<string, Row[]>();
  for (const [name, { group, summary }] of Object.entries(VERBS)) {
    groups.set(group, [...(groups.get(group) ?? []), [name, summary]]);
  }
  const about =
    'Virtual machines declared in ai-vm.yaml, ready for coding agents. Without a verb, at a terminal: what is here, and what to do next.';
  const doc = { usage: 'ai-vm [VERB [options]]', about, groups: [...groups], options: OPTIONS, exits: ALL_EXITS };
  return renderOverview(doc, widthOf(io), styleOf(io));
}

/** Two lines, and no list of what there is: that would push them out of a small terminal. */
function refused(what: string, word: string, known: readonly string[]): string {
  const meant = closest(word, known);
  return `ai-vm: ${what}${meant ? `; did you mean ${meant}?` : ''}\nai-vm --help lists them all.\n`;
}

function refuseVerb(name: string, io: Io): number {
  io.stderr.write(refused(`there is no verb "${name}"`, name, Object.keys(VERBS)));
  return EXIT.usage;
}

/** Without a verb: what is asked of the program itself. */
async function runBare(words: readonly string[], io: Io): Promise<number> {
  const asks = (...options: string[]): boolean => words.some((word) => options.includes(word));
  const [first] = words;
  if (first === undefined && isTerminal(io)) {
    const { begin } = await import('./begin.ts');
    return begin(io, (argv) => runCli(argv, io));
  }
  if (first === undefined || asks('-h', '--help')) io.stdout.write(overview(io));
  else if (asks('-V', '--version')) io.stdout.write(`${VERSION}\n`);
  else {
    const lacking = isGlobal(first) ? `${first} needs a verb` : `unknown option ${first}`;
    io.stderr.write(refused(lacking, first, isGlobal(first) ? [] : ['--help', '--version']));
    return EXIT.usage;
  }
  return EXIT.ok;
}

function runHelp(words: readonly string[], io: Io): number | Promise<number> {
  const [topic] = words;
  if (topic === undefined || topic.startsWith('-')) return runBare(['--help'], io);
  if (!Object.hasOwn(VERBS, topic)) return refuseVerb(topic, io);
  // A verb below a verb belongs to it; words for a guest do not.
  const end = words.findIndex((word) => word.startsWith('-'));
  return runCli([...(end < 0 ? words : words.slice(0, end)), '--help'], io);
}

/** @returns the exit code */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  const { name, rest } = splitVerb(argv);
  if (name === undefined) return runBare(rest, io);
  if (name === 'help') return runHelp(rest, io);
  if (name === 'complete') {
    const { answer } = await import('./complete.ts');
    return answer(rest, io);
  }
  const entry = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (!entry) return refuseVerb(name, io);
  const { verb } = await entry.load();
  let code: number = EXIT.ok;
  const dashes = verb.takesGuestWords ? rest.indexOf('--') : -1;
  const [own, guestWords] = dashes < 0 ? [rest, []] : [rest.slice(0, dashes), rest.slice(dashes + 1)];
  const { command, doc } = defineVerb(name, entry, verb, io, (result) => (code = result), guestWords);
  for (const [each, its] of [
    [command, doc] as const,
    ...command.commands.map((sub, n) => [sub, doc.commands[n]!] as const),
  ]) {
    each
      .exitOverride()
      .showHelpAfterError(`(${its.name} --help shows what it takes)`)
      .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) });
    each.helpInformation = () => renderHelp(its, widthOf(io), styleOf(io));
  }
  try {
    await command.parseAsync(own, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    throw error;
  }
}
