import { ssh } from '../app/ssh.ts';
import { wake } from '../app/wake.ts';
import { passes } from './exits.ts';
import { envOf, envOption, type EnvOptions } from './env.ts';
import { session } from './session.ts';
import type { Verb } from './verbs.ts';

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
        finish(
          await session(command, io, async (context) => {
            await wake(context, vm);
            return ssh(context, { vm, command: words, user: options.user ?? null, ...envOf(io, options) });
          }),
        );
      });
  },
};
