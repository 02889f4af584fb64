/** A verb's help as data, read from the options and arguments that it really takes: the help, docs/cli.md and the man page show the same. */
import type { Option } from 'commander';
import { Command, type Argument } from 'commander';
import type { Row, VerbDoc } from '../report/help.ts';
import { addGlobals } from './globals.ts';
import type { Io } from './io.ts';
import type { Verb, VerbEntry } from './verbs.ts';

const HELP: Row = ['-h, --help', 'this'];

function meaningOf({ description, defaultValue, defaultValueDescription, argChoices, negate }: Option): string {
  const choices = argChoices ? [`one of ${argChoices.join(', ')}`] : [];
  // A default that is said in the text, or that of `--no-…`, is not said twice.
  const usual = defaultValueDescription ?? (typeof defaultValue === 'string' ? defaultValue : undefined);
  const number = typeof defaultValue === 'number' ? String(defaultValue) : undefined;
  const fallback = negate ? undefined : (usual ?? number);
  const notes = [...choices, ...(fallback === undefined ? [] : [`default: ${fallback}`])];
  return notes.length > 0 ? `${description} (${notes.join('; ')})` : description;
}

const optionRow = (option: Option): Row => [option.flags, meaningOf(option)];

const argumentRow = (argument: Argument): Row => [argument.name(), argument.description];

function docOf(
  command: Command,
  name: string,
  globals: ReadonlySet<Option>,
): Omit<VerbDoc, 'about' | 'examples' | 'exits' | 'commands'> {
  const shown = command.options.filter((option) => !option.hidden);
  return {
    name,
    usage: command.usage(),
    summary: command.description(),
    arguments: command.registeredArguments.filter((argument) => argument.description !== '').map(argumentRow),
    options: [...shown.filter((option) => !globals.has(option)).map(optionRow), HELP],
    globals: shown.filter((option) => globals.has(option)).map(optionRow),
  };
}

export interface Defined {
  readonly command: Command;
  readonly doc: VerbDoc;
}

/** Makes the parser of a verb, and what its help says. */
export function defineVerb(
  name: string,
  entry: VerbEntry,
  verb: Verb,
  io: Io,
  finish: (code: number) => void,
  guestWords: readonly string[],
): Defined {
  const command = addGlobals(new Command(`ai-vm ${name}`), name).description(`${entry.summary}.`);
  const globals = new Set(command.options);
  verb.define(command, io, finish, guestWords);
  const { about = '', examples } = verb.help;
  // Those that are no number come first.
  const exits = verb.help.exits.toSorted(([a], [b]) => (Number(a) || 0) - (Number(b) || 0));
  const own = docOf(command, command.name(), globals);
  const commands = command.commands.map((each): VerbDoc => {
    const below = docOf(each, `${own.name} ${each.name()}`, globals);
    const its = examples.filter(([line]) => `${line} `.startsWith(`${below.name} `));
    return { ...below, about: '', globals: own.globals, commands: [], examples: its, exits };
  });
  return { command, doc: { ...own, about, commands, examples, exits } };
}
