import { up } from '../app/up.ts';
import { renderWelcome } from '../report/welcome.ts';
import { changes } from './exits.ts';
import { seconds } from './numbers.ts';
import { session } from './session.ts';
import { commandOf, styleOf } from './style.ts';
import type { Verb } from './verbs.ts';

export const verb: Verb = {
  help: {
    about: 'Starts machines that exist and do not run, as the file declares them now.',
    examples: [
      ['ai-vm start', 'All of them.'],
      ['ai-vm start dev --no-wait', 'One, without waiting until it answers.'],
    ],
    exits: changes('they run'),
  },
  define(command, io, finish) {
    command
      .argument('[vm...]', 'machines (default: all)')
      .option('--no-wait', 'return as soon as the machines are started, before they answer')
      .option('--timeout <seconds>', 'how long a machine may take until it answers', seconds)
      .action(async (vms: string[], options: { wait: boolean; timeout?: number }) => {
        finish(
          await session(command, io, async (context, settled) => {
            const { wait, timeout = null } = options;
            const result = await up(context, { vms, wait, timeout, existingOnly: true });
            await settled();
            if (result.ok) io.stdout.write(renderWelcome(result.welcome, styleOf(io), commandOf(io)));
            return result.exitCode;
          }),
        );
      });
  },
};
