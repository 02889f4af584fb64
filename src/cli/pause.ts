import { pause } from '../app/pause.ts';
import { changes } from './exits.ts';
import { session } from './session.ts';
import type { Verb } from './verbs.ts';

export const verb: Verb = {
  help: {
    about:
      'The guest stands still from one moment to the next, its memory stays where it is. Its clock stands still too, and is set right by the guest itself after ai-vm unpause. Unlike ai-vm suspend, it does not outlive a reboot of the host and frees no memory.',
    examples: [['ai-vm pause dev', 'Have it take no CPU for a while.']],
    exits: changes('they stand still'),
  },
  define(command, io, finish) {
    command.argument('[vm...]', 'machines (default: all that run)').action(async (vms: string[]) => {
      finish(
        await session(
          command,
          io,
          async (context, settled) => {
            const done = await pause(context, vms, true);
            await settled();
            for (const { vm, changed } of done)
              io.stdout.write(`${vm}  ${changed ? 'stands still' : 'stood still already'}\n`);
            if (done.length === 0) io.stdout.write('Nothing runs.\n');
            return undefined;
          },
          { anywhere: true },
        ),
      );
    });
  },
};
