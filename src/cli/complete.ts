/**
 * What a shell asks when somebody presses Tab: `ai-vm complete -- up --restart de`. Answers with candidates, a tab and what
 * they are, one a line, and at the end a directive. Never fails and never says anything else: whatever is wrong is no news
 * to somebody in the middle of a line.
 */
import type { Command, Option } from 'commander';
import { ShellCompDirective } from '@bomb.sh/tab';
import { openContext } from '../app/context.ts';
import { ls } from '../app/ls.ts';
import { machines } from '../app/select.ts';
import { EXIT } from '../model/errors.ts';
import { defineVerb } from './describe.ts';
import type { Io } from './io.ts';
import { splitVerb } from './words.ts';
import { VERBS } from './verbs.ts';

type Candidate = readonly [value: string, what: string];

export interface Answer {
  readonly candidates: readonly Candidate[];
  /** Whether names of files are offered where nothing else fits. */
  readonly files: boolean;
  /** Whether the word goes on, so that no space follows. */
  readonly open?: boolean;
}

/** What is true on this host; asked for only when it is needed. */
export interface Names {
  machines(): Promise<readonly string[]>;
  projects(): Promise<readonly string[]>;
}

const NOTHING: Answer = { candidates: [], files: false };
const FILES: Answer = { candidates: [], files: true };
const PATH = /<(path|file)>/;

/** @param words what is typed, the one under the cursor last */
export async function complete(words: readonly string[], names: Names, io: Io): Promise<Answer> {
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? '';
  const starting = (list: readonly Candidate[]): Answer => ({
    candidates: list.filter(([value]) => value.startsWith(current)),
    files: false,
  });
  const verbs = Object.entries(VERBS).map(([verb, { summary }]): Candidate => [verb, summary]);
  const { name, rest } = splitVerb(before);
  if (name === undefined) {
    if (current.startsWith('-'))
      return starting([
        ['--help', 'help'],
        ['--version', 'the version'],
      ]);
    return starting(verbs);
  }
  if (name === 'help' && rest.length === 0) return starting(verbs);
  const entry = Object.hasOwn(VERBS, name) ? VERBS[name] : undefined;
  // What stands behind `--` is a matter of the guest.
  if (!entry || rest.includes('--')) return NOTHING;
  const { verb } = await entry.load();
  const { command } = defineVerb(name, entry, verb, io, () => undefined, []);
  const options = optionsOf(command);
  const asks = options.get(rest.at(-1) ?? '');
  if (asks && (asks.required || (asks.optional && !current.startsWith('-')))) return valueOf(asks, names, starting);
  const positional = positionalOf(rest, options);
  const below = command.commands.find((each) => each.name() === positional[0]);
  const own = below ?? command;
  if (current.startsWith('-')) {
    const shown = [...optionsOf(own).values(), ...options.values()].filter((option) => !option.hidden);
    const unique = new Map(shown.map((option) => [option.long ?? option.flags, option.description]));
    return starting([...unique, ['--help', 'help']]);
  }
  if (!below && command.commands.length > 0) {
    return positional.length > 0
      ? NOTHING
      : starting(command.commands.map((each) => [each.name(), each.description()]));
  }
  return argumentOf(own, below ? positional.slice(1) : positional, current, names, starting);
}

function optionsOf(command: Command): Map<string, Option> {
  return new Map(
    command.options.flatMap((option) =>
      [option.short, option.long].flatMap((flag) => (flag === undefined ? [] : [[flag, option] as const])),
    ),
  );
}

async function valueOf(option: Option, names: Names, starting: (list: Candidate[]) => Answer): Promise<Answer> {
  if (option.argChoices) return starting(option.argChoices.map((choice) => [choice, '']));
  if (option.long === '--project-name') return starting((await names.projects()).map((name) => [name, 'project']));
  if (option.flags.includes('<vm')) return starting((await names.machines()).map((vm) => [vm, 'machine']));
  return PATH.test(option.flags) ? FILES : NOTHING;
}

function positionalOf(words: readonly string[], options: ReadonlyMap<string, Option>): string[] {
  return words.filter((word, n) => {
    const asks = options.get(words[n - 1] ?? '');
    return !word.startsWith('-') && asks?.required !== true;
  });
}

async function argumentOf(
  command: Command,
  given: readonly string[],
  current: string,
  names: Names,
  starting: (list: Candidate[]) => Answer,
): Promise<Answer> {
  const all = command.registeredArguments;
  const last = all.at(-1);
  const argument = all[given.length] ?? (last?.variadic ? last : undefined);
  if (!argument) return NOTHING;
  if (argument.argChoices) return starting(argument.argChoices.map((choice) => [choice, '']));
  if (argument.name() === 'vm') {
    const free = (await names.machines()).filter((vm) => !given.includes(vm));
    return starting(free.map((vm) => [vm, 'machine']));
  }
  if (argument.name() !== 'path') return NOTHING;
  const found = current === '' ? [] : (await names.machines()).filter((vm) => vm.startsWith(current));
  return found.length === 0 ? FILES : { candidates: found.map((vm) => [`${vm}:`, 'machine']), files: true, open: true };
}

/** Names of this host; none where they cannot be found out. */
function namesOf(words: readonly string[], io: Io): Names {
  const after = (flags: readonly string[]): string[] => words.filter((_, n) => flags.includes(words[n - 1] ?? ''));
  return {
    machines: async () => {
      const context = await openContext({
        ...{ cwd: after(['-C', '--directory']).at(-1) ?? io.cwd, env: io.env, anywhere: true },
        files: after(['-f', '--file']).filter((file) => file !== '-'),
        projectName: after(['-p', '--project-name']).at(-1),
        ...{ command: 'ai-vm complete', signal: io.signal, emit: () => undefined },
      });
      return machines(context);
    },
    projects: async () => (await ls(true)).map(({ project }) => project),
  };
}

/** @returns the exit code, which is always that of success */
export async function answer(words: readonly string[], io: Io): Promise<number> {
  const asked = words[0] === '--' ? words.slice(1) : words;
  const silent = { write: () => true } as unknown as NodeJS.WriteStream;
  const quiet: Io = { ...io, stdout: silent, stderr: silent };
  const { candidates, files, open } = await complete(asked, namesOf(asked, quiet), quiet).catch(() => NOTHING);
  const flags =
    (files ? 0 : ShellCompDirective.ShellCompDirectiveNoFileComp) +
    (open ? ShellCompDirective.ShellCompDirectiveNoSpace : 0);
  io.stdout.write([...candidates.map(([value, what]) => `${value}\t${what}`), `:${flags}`, ''].join('\n'));
  return EXIT.ok;
}
