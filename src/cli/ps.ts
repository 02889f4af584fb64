import { ps } from '../app/ps.ts';
import { renderPs } from '../report/ps.ts';
import { addFormat, json } from './format.ts';
import { session } from './session.ts';
import { styleOf, widthOf } from './style.ts';
import type { Verb } from './verbs.ts';

export const verb: Verb = {
  define(command, io, finish) {
    addFormat(command)
      .argument('[vm...]', 'machines (default: all)')
      .addHelpText(
        'after',
        '\nStates: absent (no disk), stopped, dead (its QEMU is gone), starting, running, paused, unknown.\nNo process stays behind to watch over machines: this looks at what is true now.',
      )
      .action(async (vms: string[], options: { format: string }) => {
        finish(
          await session(command, io, async (context) => {
            const { rows, machines } = await ps(context, vms);
            io.stdout.write(
              options.format === 'json'
                ? json({ version: 1, machines })
                : `${renderPs(rows, widthOf(io), styleOf(io))}\n`,
            );
          }),
        );
      });
  },
};
