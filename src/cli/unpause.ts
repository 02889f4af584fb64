import { pause } from '../app/pause.ts';
import { changes } from './exits.ts';
import { session } from './session.ts';
import type { Verb } from './verbs.ts';

export const verb: Verb = {
  help: {
    about: 'Lets machines go on where ai-vm pause has stopped them.',
    examples: [['ai-vm unpause', 'All that are paused.']],
    exits: changes('they go on'),
  },
  define(command, io, finish) {
    command.argument('[vm...]', 'machines (default: all that are paused)').action(async (vms: string[]) => {
      finish(
        await session(
          command,
          io,
          async (context, settled) => {
            const done = await pause(context, vms, false);
            await settled();
            for (const { vm, changed } of done) io.stdout.write(`${vm}  ${changed ? 'goes on' : 'was not paused'}\n`);
            if (done.length === 0) io.stdout.write('Nothing is paused.\n');
            return undefined;
          },
          { anywhere: true },
        ),
      );
    });
  },
};
