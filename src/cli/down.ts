import { stop } from '../app/stop.ts';
import { changes } from './exits.ts';
import { session } from './session.ts';
import { seconds } from './numbers.ts';
import type { Verb } from './verbs.ts';

export const verb: Verb = {
  help: {
    about:
      'Stops the machines, those that left the file too, and frees their ports and runtime files. Disks stay: ai-vm rm deletes them.',
    examples: [
      ['ai-vm down', 'All machines of the project.'],
      ['ai-vm down dev --timeout 5', 'One of them, which gets five seconds to shut down.'],
    ],
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
