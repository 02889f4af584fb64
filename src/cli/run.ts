/** argv in, exit code out. */
import { Command, CommanderError, Option } from 'commander';
import { VERSION } from '../generated/version.ts';
import { EXIT } from '../model/errors.ts';
import { closest } from '../model/closest.ts';
import type { Io } from './io.ts';
import { VERBS } from './verbs.ts';

const PROGRESS = ['auto', 'tty', 'plain', 'json', 'quiet'];

/** Options that every verb takes, before or after its name; `-f` behind `logs` is its own, as everywhere. */
function addGlobals(command: Command, name: string): Command {
  const file = name === 'logs' ? '--file <path>' : '-f, --file <path>';
  return command
    .option(file, 'the configuration file (default: ai-vm.yaml or ai-vm.toml, here or above)')
    .addOption(new Option('--progress <mode>', 'how progress is shown on stderr').choices(PROGRESS).default('auto'))
    .option('--verbose', 'show causes and stacks with errors');
}

function overview(): string {
  const groups = new Map<string, string[]>();
  for (const [name, { group, summary }] of Object.entries(VERBS)) {
    groups.set(group, [...(groups.get(group) ?? []), `  ${name.padEnd(10)}${summary}`]);
  }
  const sections = [...groups].map(([group, lines]) => `${group}:\n${lines.join('\n')}`);
  return [
    'Usage: ai-vm VERB [options]',
    'Virtual machines declared in ai-vm.yaml, ready for coding agents.',
    ...sections,
    'Options:\n  -V, --version  print the version\n  -h, --help     this, or the help of a verb: ai-vm VERB --help',
    'Exit codes: 0 ok, 1 failed, 2 changes pending, 64 usage, 65 configuration, 69 host lacks something, 75 locked, 130 interrupted',
  ].join('\n\n');
}

function unknownVerb(name: string): string {
  const meant = closest(name, Object.keys(VERBS));
  return `ai-vm: there is no verb "${name}"${meant ? `; did you mean ${meant}?` : ''}\nai-vm --help lists them all.\n`;
}

/** Where the verb stands: global options may come before it. */
function splitVerb(argv: readonly string[]): { name: string | undefined; rest: string[] } {
  const withValue = new Set(['-f', '--file', '--progress']);
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index]!;
    if (!word.startsWith('-')) {
      const before = argv.slice(0, index).map((option) => (option === '-f' ? '--file' : option));
      return { name: word, rest: [...before, ...argv.slice(index + 1)] };
    }
    if (withValue.has(word)) index += 1;
  }
  return { name: undefined, rest: [...argv] };
}

/** @returns the exit code */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  const { name, rest } = splitVerb(argv);
  if (name === undefined) {
    const asked = rest.length > 0;
    if (asked && !rest.some((word) => ['-h', '--help', '-V', '--version'].includes(word))) {
      io.stderr.write(`ai-vm: unknown option ${rest[0]}\n\n`);
    }
    if (rest.some((word) => word === '-V' || word === '--version')) io.stdout.write(`${VERSION}\n`);
    else if (asked && !rest.some((word) => word === '-h' || word === '--help')) {
      io.stderr.write(`${overview()}\n`);
      return EXIT.usage;
    } else io.stdout.write(`${overview()}\n`);
    return EXIT.ok;
  }
  if (name === 'help') {
    const topic = rest[0];
    if (topic !== undefined && VERBS[topic]) return runCli([topic, '--help'], io);
    io.stdout.write(`${overview()}\n`);
    return EXIT.ok;
  }
  if (name === 'version') {
    io.stdout.write(`${VERSION}\n`);
    return EXIT.ok;
  }
  const entry = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  if (!entry) {
    io.stderr.write(unknownVerb(name));
    return EXIT.usage;
  }
  const { verb } = await entry.load();
  let code: number = EXIT.ok;
  const command = addGlobals(new Command(`ai-vm ${name}`), name)
    .description(`${entry.summary}.`)
    .exitOverride()
    .showHelpAfterError(`(ai-vm ${name} --help shows what it takes)`)
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) });
  const dashes = verb.takesGuestWords ? rest.indexOf('--') : -1;
  const [own, guestWords] = dashes < 0 ? [rest, []] : [rest.slice(0, dashes), rest.slice(dashes + 1)];
  verb.define(command, io, (result) => (code = result), guestWords);
  try {
    await command.parseAsync(own, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    throw error;
  }
}
