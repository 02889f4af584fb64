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
    about: 'Lands in the project’s share when there is one. The exit code is that of the shell or the command.',
    examples: [
      ['ai-vm ssh dev', 'A shell.'],
      ['ai-vm ssh dev -A -- git push', 'With the keys of your SSH agent, which it does not get otherwise.'],
      ['ai-vm ssh dev -- make test', 'A command, on a terminal where there is one.'],
    ],
    exits: passes('the shell or the command'),
  },
  takesGuestWords: true,
  define(command, io, finish, guestWords) {
    command
      .argument('[vm]', 'the machine (may be left out when there is one)')
      .argument('[command...]', 'after --: run this instead of a shell')
      .usage('[vm] [options] [-- command...]')
      .option('-u, --user <name>', 'log in as this declared user (default: the first)')
      .addOption(envOption)
      .option('-A, --forward-agent', 'let the guest use the keys of your SSH agent, for as long as this lasts')
      .passThroughOptions(false)
      .action(async (vm: string | undefined, words: string[], options: Options) => {
        finish(
          await session(command, io, async (context) => {
            await wake(context, vm);
            return ssh(context, {
              vm,
              command: [...words, ...guestWords],
              user: options.user ?? null,
              ...envOf(io, options),
            });
          }),
        );
      });
  },
};
