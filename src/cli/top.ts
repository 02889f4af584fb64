import { top } from '../app/top.ts';
import { EXIT } from '../model/errors.ts';
import { renderTop } from '../report/top.ts';
import { reads } from './exits.ts';
import { addFormat, json } from './format.ts';
import { lineCount } from './numbers.ts';
import { session } from './session.ts';
import { styleOf, widthOf } from './style.ts';
import type { Verb } from './verbs.ts';

export const verb: Verb = {
  help: {
    about:
      'Lists the processes inside machines, what uses most CPU first. It is the guest that tells, by its agent: one that is hostile may tell what it likes. ai-vm stats shows what a machine really uses of this host.',
    examples: [
      ['ai-vm top dev', 'All of its processes.'],
      ['ai-vm top -n 10', 'The first ten of each machine that runs.'],
    ],
    exits: reads(),
  },
  define(command, io, finish) {
    addFormat(command)
      .argument('[vm...]', 'machines (default: all that run)')
      .option('-n, --lines <number>', 'only the first ones of each machine', lineCount)
      .action(async (vms: string[], options: { format: string; lines?: number }) => {
        finish(
          await session(
            command,
            io,
            async (context) => {
              const machines = (await top(context, vms)).map(({ name, processes }) => ({
                name,
                processes: processes.slice(0, options.lines),
              }));
              if (options.format === 'json') io.stdout.write(json({ version: 1, machines }));
              else {
                const tables = machines.map(({ name, processes }) => {
                  const table = renderTop(processes, widthOf(io), styleOf(io));
                  return machines.length > 1 ? `${name}\n${table}\n` : `${table}\n`;
                });
                io.stdout.write(tables.join('\n') || 'Nothing runs.\n');
              }
              return EXIT.ok;
            },
            { anywhere: true },
          ),
        );
      });
  },
};
