import { logs } from '../app/logs.ts';
import { reads } from './exits.ts';
import { lineCount } from './numbers.ts';
import { session } from './session.ts';
import type { Verb } from './verbs.ts';

export const verb: Verb = {
  help: {
    about: 'The console is kept across restarts, bounded in size.',
    examples: [
      ['ai-vm logs dev -f', 'Follow the serial console.'],
      ['ai-vm logs dev --qemu -n 20', 'The last that QEMU itself said.'],
    ],
    exits: reads(),
  },
  define(command, io, finish) {
    command
      .argument('[vm]', 'the machine (may be left out when there is one)')
      .option('-f, --follow', 'go on with what comes')
      .option('-n, --lines <number>', 'only the last lines', lineCount)
      .option('--qemu', "QEMU's own log instead of the serial console")
      .option('--provision', 'the output of the provision commands instead')
      .action(
        async (
          vm: string | undefined,
          options: { follow?: boolean; lines?: number; qemu?: boolean; provision?: boolean },
        ) => {
          finish(
            await session(
              command,
              io,
              (context) =>
                logs(context, {
                  vm,
                  follow: options.follow ?? false,
                  lines: options.lines ?? null,
                  which: options.qemu ? 'qemu' : options.provision ? 'provision' : 'serial',
                  write: (text) => void io.stdout.write(text),
                }),
              { anywhere: true },
            ),
          );
        },
      );
  },
};
