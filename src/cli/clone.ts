import { clone } from '../app/clone.ts';
import { portText } from '../app/ps.ts';
import { EXIT } from '../model/errors.ts';
import { changes } from './exits.ts';
import { session } from './session.ts';
import { commandOf } from './style.ts';
import type { Verb } from './verbs.ts';

export const verb: Verb = {
  help: {
    about:
      'Copies a machine that is stopped, at once: both stand on what was its disk, and take space only for what each writes from then on. The copy has keys, addresses and host ports of its own, and no shares. What is on the disk (keys, tokens, files) is on that of the copy, too. ai-vm fork copies a machine that runs.',
    examples: [
      ['ai-vm clone dev', 'A copy, dev-1.'],
      ['ai-vm clone dev try', 'Called so; ai-vm start try boots it, ai-vm rm try deletes it.'],
    ],
    exits: changes('the copy is there'),
  },
  define(command, io, finish) {
    command
      .argument('[vm]', 'the machine (needed when there are several)')
      .argument('[name]', 'name of the copy')
      .action(async (vm: string | undefined, name: string | undefined) => {
        finish(
          await session(command, io, async (context, settled) => {
            const made = await clone(context, { vm, name: name ?? null });
            await settled();
            io.stdout.write(`${made.vm}  a copy of ${made.source}\n`);
            for (const port of made.ports) io.stdout.write(`  port    ${portText(port)}\n`);
            io.stdout.write(`  ${commandOf(io)} start ${made.vm} boots it\n`);
            return EXIT.ok;
          }),
        );
      });
  },
};
