import { build } from '../app/build.ts';
import { changes } from './exits.ts';
import { session } from './session.ts';
import type { Verb } from './verbs.ts';

export const verb: Verb = {
  help: {
    about: 'An image is built once per content and shared by all projects. Prints the directory of each.',
    examples: [
      ['ai-vm build', 'The images of all machines, and the templates that they start from.'],
      ['ai-vm build dev', 'That of one machine.'],
      ['ai-vm build --no-cache', 'Make them anew, with the packages that there are by now.'],
      ['ai-vm build --update dev', 'Move the remote flakes that it is made from forward to what they are now.'],
    ],
    exits: changes('the images are there'),
  },
  define(command, io, finish) {
    command
      .argument('[vm...]', 'machines (default: all)')
      .option('--no-cache', 'make images anew that are there already; none may be in use')
      .option(
        '--update',
        'take remote flakes as they are now, and keep to that; what they were stays if it cannot be built',
      )
      .action(async (vms: string[], { cache, update }: { cache: boolean; update?: boolean }) => {
        finish(
          await session(command, io, async (context, settled) => {
            const { images, exitCode } = await build(context, vms, { fresh: !cache, update: update === true });
            await settled();
            for (const { vm, dir } of images) io.stdout.write(`${vm}\t${dir}\n`);
            return exitCode;
          }),
        );
      });
  },
};
