import { ps } from '../app/ps.ts';
import { renderPs, renderWatch } from '../report/ps.ts';
import { reads } from './exits.ts';
import { addFormat, json } from './format.ts';
import { session } from './session.ts';
import { styleOf, widthOf } from './style.ts';
import type { Verb } from './verbs.ts';

export const verb: Verb = {
  help: {
    about:
      'States: absent (no disk), stopped, dead (its QEMU is gone), starting, running, paused, unknown. This looks at what is true now; no process stays behind, unless ai-vm watch runs.',
    examples: [
      ['ai-vm ps', 'The machines of this project.'],
      ['ai-vm ps dev --format json', 'One of them, for a program.'],
    ],
    exits: reads(),
  },
  define(command, io, finish) {
    addFormat(command)
      .argument('[vm...]', 'machines (default: all)')
      .action(async (vms: string[], options: { format: string }) => {
        finish(
          await session(
            command,
            io,
            async (context) => {
              const { rows, machines, watch } = await ps(context, vms);
              io.stdout.write(
                options.format === 'json'
                  ? json({ version: 1, machines, watch: watch.running })
                  : `${renderPs(rows, widthOf(io), styleOf(io))}\n${renderWatch(watch)}`,
              );
            },
            { anywhere: true },
          ),
        );
      });
  },
};
