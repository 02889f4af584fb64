import { remove } from '../app/remove.ts';
import { EXIT } from '../model/errors.ts';
import { confirm } from './confirm.ts';
import { changes } from './exits.ts';
import { session } from './session.ts';
import type { Verb } from './verbs.ts';

export const verb: Verb = {
  help: {
    about: 'Stops the machines and deletes their disks, keys and logs. There is no way back.',
    examples: [
      ['ai-vm rm dev', 'Ask, and delete one machine.'],
      ['ai-vm rm --yes', 'Delete all of the project, without asking.'],
    ],
    exits: changes('they are deleted'),
  },
  define(command, io, finish) {
    command
      .argument('[vm...]', 'machines (default: all)')
      .option('-y, --yes', 'do not ask')
      .action(async (vms: string[], options: { yes?: boolean }) => {
        finish(
          await session(
            command,
            io,
            (context) =>
              remove(context, {
                vms,
                consent: (names) =>
                  options.yes
                    ? Promise.resolve(true)
                    : confirm(io, `Delete ${names.join(', ')} and what is on the disk?`),
                onNothing: () => {
                  io.stderr.write('There is nothing to delete.\n');
                  return EXIT.ok;
                },
              }),
            { anywhere: true },
          ),
        );
      });
  },
};
