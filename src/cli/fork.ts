import { fork } from '../app/fork.ts';
import { portText } from '../app/ps.ts';
import { EXIT } from '../model/errors.ts';
import { formatAmount, formatDuration, GiB } from '../model/units.ts';
import { changes } from './exits.ts';
import { addFormat, json } from './format.ts';
import { count } from './numbers.ts';
import { session } from './session.ts';
import { commandOf } from './style.ts';
import type { Verb } from './verbs.ts';

const FORMAT_VERSION = 1;

export const verb: Verb = {
  help: {
    about:
      'Copies a running machine, memory and disk, while it runs. Each copy has keys, addresses and host ports of its own, and no shares. What the machine knew (keys, tokens, open files), its copies know. ai-vm rm deletes them.',
    examples: [
      ['ai-vm fork dev', 'One copy, dev-1.'],
      ['ai-vm fork dev -n 4 --name try', 'Four of them, try-1 to try-4.'],
    ],
    exits: changes('the copies run'),
  },
  define(command, io, finish) {
    addFormat(command)
      .argument('[vm]', 'the machine (needed when there are several)')
      .option('-n, --count <n>', 'how many copies', count, 1)
      .option('--name <name>', 'name of the copy, or what their names begin with')
      .action(async (vm: string | undefined, options: { count: number; name?: string; format: string }) => {
        finish(
          await session(command, io, async (context, settled) => {
            const result = await fork(context, { vm, count: options.count, name: options.name ?? null });
            await settled();
            if (options.format === 'json') {
              io.stdout.write(json({ version: FORMAT_VERSION, ...result }));
              return EXIT.ok;
            }
            for (const each of result.forks) {
              io.stdout.write(`${each.vm}  a copy of ${result.source}, in ${formatDuration(each.ms)}\n`);
              io.stdout.write(`  ssh     ${commandOf(io)} ssh ${each.vm}\n`);
              for (const port of each.ports) io.stdout.write(`  port    ${portText(port)}\n`);
            }
            const rate = formatDuration(result.pause / Math.max(result.touched / GiB, 1e-3));
            io.stdout.write(
              `${result.source} stood still for ${formatDuration(result.pause)} (${formatAmount(result.touched)} of memory touched, ${rate} per GiB)\n`,
            );
            for (const what of result.lost) io.stderr.write(`warning: ${result.source} could not ${what}\n`);
            return EXIT.ok;
          }),
        );
      });
  },
};
