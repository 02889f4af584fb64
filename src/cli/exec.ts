import type { Command } from 'commander';
import { beginningOf, prepareRecipe } from '../app/recipe/leave.ts';
import { ssh } from '../app/ssh.ts';
import { wake } from '../app/wake.ts';
import { passes } from './exits.ts';
import { envOf, envOption, type EnvOptions } from './env.ts';
import { session, type Work } from './session.ts';
import type { Verb } from './verbs.ts';

/** Whether no option was given. */
const isPlain = (command: Command): boolean =>
  command.options.every((option) => (command.getOptionValueSource(option.attributeName()) ?? 'default') === 'default');

interface Options extends EnvOptions {
  readonly user?: string;
}

export const verb: Verb = {
  help: {
    about: 'stdin is passed on, and the exit code is that of the command.',
    examples: [
      ['ai-vm exec dev -- uname -a', 'Run a program.'],
      ['ai-vm exec dev -e TOKEN -- ./deploy', 'With a variable of your own; its value shows in no list of processes.'],
      [`ai-vm exec dev -- sh -c 'echo "$HOME"'`, 'Run a line of shell in the guest.'],
      ['tar c . | ai-vm exec dev -- tar x -C /tmp', 'Hand it something on stdin.'],
    ],
    exits: passes('the command'),
  },
  define(command, io, finish) {
    command
      .argument('<vm>', 'the machine')
      .argument('<command...>', 'the program and its arguments, handed over byte for byte: no shell reads them')
      .usage('<vm> [options] -- <command...>')
      .option('-u, --user <name>', 'run as this declared user (default: the first)')
      .addOption(envOption)
      .option('-A, --forward-agent', 'let the guest use the keys of your SSH agent, for as long as this lasts')
      .action(async (vm: string, words: string[], options: Options) => {
        const beginning = beginningOf(io.cwd, io.env);
        const work: Work = async (context) => {
          // The next one may do without us, if it is given no options either.
          const [meanwhile] = await Promise.all([
            isPlain(command) ? prepareRecipe(context, beginning).catch(() => undefined) : undefined,
            wake(context, vm),
          ]);
          return ssh(context, { vm, command: words, user: options.user ?? null, ...envOf(io, options), meanwhile });
        };
        finish(await session(command, io, work, { env: beginning.heard.env }));
      });
  },
};
