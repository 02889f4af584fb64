import { suspend } from '../app/suspend.ts';
import { EXIT } from '../model/errors.ts';
import { formatAmount, formatDuration } from '../model/units.ts';
import { changes } from './exits.ts';
import { session } from './session.ts';
import { commandOf } from './style.ts';
import type { Verb } from './verbs.ts';

export const verb: Verb = {
  help: {
    about:
      'Saves the memory of running machines to disk and ends their QEMU; ai-vm up lets them go on where they were, also after a reboot of the host. Shares are unmounted and mounted again; open connections are lost.',
    examples: [['ai-vm suspend dev', 'Save one machine.']],
    exits: changes('they are on disk'),
  },
  define(command, io, finish) {
    command.argument('[vm...]', 'machines (default: all that run)').action(async (vms: string[]) => {
      finish(
        await session(command, io, async (context, settled) => {
          const done = await suspend(context, vms);
          await settled();
          for (const { vm, size, ms } of done) {
            io.stdout.write(`${vm}  suspended in ${formatDuration(ms)}, ${formatAmount(size)} on disk\n`);
          }
          io.stdout.write(`  ${commandOf(io)} up lets ${done.length === 1 ? 'it' : 'them'} go on\n`);
          return EXIT.ok;
        }),
      );
    });
  },
};
