import { rename } from '../app/rename.ts';
import { EXIT } from '../model/errors.ts';
import { changes } from './exits.ts';
import { session } from './session.ts';
import type { Verb } from './verbs.ts';

export const verb: Verb = {
  help: {
    about:
      'Gives a machine that is stopped another name: its disk, keys, logs and snapshots go along. What the file calls it is yours to change, before or after.',
    examples: [['ai-vm rename dev web', 'What was dev is web from now on.']],
    exits: changes('it has the new name'),
  },
  define(command, io, finish) {
    command
      .argument('<vm>', 'the machine')
      .argument('<name>', 'its new name')
      .action(async (vm: string, name: string) => {
        finish(
          await session(command, io, async (context, settled) => {
            const left = await rename(context, vm, name);
            if (left !== null) context.emit({ type: 'warning', message: left });
            await settled();
            io.stdout.write(`${vm}  is ${name} now\n`);
            return EXIT.ok;
          }),
        );
      });
  },
};
