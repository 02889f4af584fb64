import { build } from '../app/build.ts';
import { session } from './session.ts';
import type { Verb } from './verbs.ts';

export const verb: Verb = {
  define(command, io, finish) {
    command
      .argument('[vm...]', 'machines (default: all)')
      .addHelpText(
        'after',
        '\nAn image is built once per content and shared by all projects. Prints the directory of each.',
      )
      .action(async (vms: string[]) => {
        finish(
          await session(command, io, async (context, settled) => {
            const { images, exitCode } = await build(context, vms);
            await settled();
            for (const { vm, dir } of images) io.stdout.write(`${vm}\t${dir}\n`);
            return exitCode;
          }),
        );
      });
  },
};
