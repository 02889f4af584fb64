import { ssh } from '../app/ssh.ts';
import { session } from './session.ts';
import type { Verb } from './verbs.ts';

export const verb: Verb = {
  takesGuestWords: true,
  define(command, io, finish, guestWords) {
    command
      .argument('[vm]', 'the machine (may be left out when there is one)')
      .argument('[command...]', 'after --: run this instead of a shell')
      .usage('[vm] [options] [-- command...]')
      .option('-u, --user <name>', 'log in as this declared user (default: the first)')
      .addHelpText(
        'after',
        '\nLands in the project’s share when there is one. The exit code is that of the shell or the command.',
      )
      .passThroughOptions(false)
      .action(async (vm: string | undefined, words: string[], options: { user?: string }) => {
        finish(
          await session(command, io, (context) =>
            ssh(context, { vm, command: [...words, ...guestWords], user: options.user ?? null }),
          ),
        );
      });
  },
};
