import { stop } from '../app/stop.ts';
import { changes } from './exits.ts';
import { session } from './session.ts';
import { seconds } from './numbers.ts';
import type { Verb } from './verbs.ts';

export const verb: Verb = {
  help: {
    about: 'Asks the guest to shut down, then tells QEMU to quit, then kills it. The disk stays.',
    examples: [['ai-vm stop dev', 'One machine; a watch leaves it stopped.']],
    exits: changes('they are stopped'),
  },
  define(command, io, finish) {
    command
      .argument('[vm...]', 'machines (default: all)')
      .option('-t, --timeout <seconds>', 'how long a guest may take to shut down before it is cut off', seconds)
      .action(async (vms: string[], options: { timeout?: number }) => {
        finish(
          await session(command, io, (context) => stop(context, { vms, grace: options.timeout ?? null }), {
            anywhere: true,
          }),
        );
      });
  },
};
