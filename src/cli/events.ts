import { setTimeout as sleep } from 'node:timers/promises';
import { happenings } from '../app/happenings.ts';
import { chooseAny } from '../app/select.ts';
import { EXIT } from '../model/errors.ts';
import { reads } from './exits.ts';
import { addFormat } from './format.ts';
import { session } from './session.ts';
import { styleOf } from './style.ts';
import type { Verb } from './verbs.ts';

/** How often we look (milliseconds). */
const LOOK = 300;

export const verb: Verb = {
  help: {
    about:
      'Tells what happens to machines from now on, whoever does it: created, started, ready, changed, paused, unpaused, suspended, stopped, died, removed. Looks three times a second; what is over between two looks is told only where it has left a trace. Ends with Ctrl-C.\n\nAs JSON it is one object a line.',
    examples: [
      ['ai-vm events', 'One line for each event.'],
      ['ai-vm events dev --format json', 'Those of one machine, for a program.'],
    ],
    exits: reads(),
  },
  define(command, io, finish) {
    addFormat(command, 'text')
      .argument('[vm...]', 'machines (default: all)')
      .action(async (vms: string[], options: { format: string }) => {
        finish(
          await session(
            command,
            io,
            async (context) => {
              if (vms.length > 0) await chooseAny(context, vms);
              const { paint } = styleOf(io);
              const wait = (): Promise<void> => sleep(LOOK, undefined, { signal: io.signal });
              try {
                for await (const event of happenings(context, vms, wait)) {
                  const { time, vm, action } = event;
                  if (options.format === 'json') io.stdout.write(`${JSON.stringify({ version: 1, ...event })}\n`);
                  else io.stdout.write(`${paint.dim(time)}  ${vm}  ${action}\n`);
                }
              } catch (error) {
                // Ctrl-C is how this ends.
                if (!io.signal.aborted) throw error;
              }
              return EXIT.ok;
            },
            { anywhere: true },
          ),
        );
      });
  },
};
