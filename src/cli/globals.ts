import { Option, type Command } from 'commander';

const PROGRESS = ['auto', 'tty', 'plain', 'json', 'quiet'];

/** Verbs whose `-p` is a port. */
const PORTS = new Set(['up', 'plan', 'init']);

/** Verbs whose `-f` is to follow, as everywhere. */
const FOLLOWS = new Set(['logs', 'network']);

/** Options that every verb takes, before or after its name. */
export function addGlobals(command: Command, name: string): Command {
  const file = FOLLOWS.has(name) ? '--file <path>' : '-f, --file <path>';
  const project = PORTS.has(name) ? '--project-name <name>' : '-p, --project-name <name>';
  const all = (value: string, before: readonly string[] = []): string[] => [...before, value];
  const option = (flags: string, text: string): Option => new Option(flags, text).argParser(all);
  return command
    .addOption(
      option(
        file,
        'a configuration file, - for stdin; each lies over those before (default: ai-vm.yaml, here or above)',
      ),
    )
    .addOption(option('--env-file <path>', 'a file of variables (default: .env beside the configuration)'))
    .addOption(option('--profile <name>', 'a profile that is active'))
    .option(project, 'the name of the project; ai-vm ls lists those of this host')
    .option('-C, --directory <path>', 'work as if started there')
    .addOption(new Option('--progress <mode>', 'how progress is shown on stderr').choices(PROGRESS).default('auto'))
    .option('--verbose', 'show causes and stacks with errors');
}
