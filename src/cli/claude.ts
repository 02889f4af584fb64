import { claude } from '../app/claude.ts';
import { session } from './session.ts';
import type { Verb } from './verbs.ts';

export const verb: Verb = {
  takesGuestWords: true,
  define(command, io, finish, guestWords) {
    command
      .argument('[vm]', 'the machine (default: the one with the claude agent)')
      .argument('[args...]', 'after --: handed to Claude Code')
      .usage('[vm] [options] [-- args...]')
      .addHelpText(
        'after',
        '\nStarts Claude Code in the project’s share, without permission prompts: the machine is the boundary.\nNeeds `agents: [claude]` in the file.\n\nExamples:\n  ai-vm claude\n  ai-vm claude -- --continue\n  ai-vm claude dev -- -p "Run the tests and mend what fails"',
      )
      .action(async (vm: string | undefined, words: string[]) => {
        finish(await session(command, io, (context) => claude(context, { vm, args: [...words, ...guestWords] })));
      });
  },
};
