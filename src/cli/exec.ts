import { ssh } from '../app/ssh.ts';
import { session } from './session.ts';
import type { Verb } from './verbs.ts';

export const verb: Verb = {
  define(command, io, finish) {
    command
      .argument('<vm>', 'the machine')
      .argument('<command...>', 'the program and its arguments, handed over byte for byte: no shell reads them')
      .usage('<vm> [options] -- <command...>')
      .option('-u, --user <name>', 'run as this declared user (default: the first)')
      .addHelpText(
        'after',
        '\nstdin is passed on, and the exit code is that of the command.\n\nExamples:\n  ai-vm exec dev -- uname -a\n  ai-vm exec dev -- sh -c \'echo "$HOME"\'\n  tar c . | ai-vm exec dev -- tar x -C /tmp',
      )
      .action(async (vm: string, words: string[], options: { user?: string }) => {
        finish(
          await session(command, io, (context) => ssh(context, { vm, command: words, user: options.user ?? null })),
        );
      });
  },
};
