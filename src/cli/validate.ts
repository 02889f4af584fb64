import { EXIT } from '../model/errors.ts';
import { requireDesired } from '../app/context.ts';
import { session } from './session.ts';
import type { Verb } from './verbs.ts';

export const verb: Verb = {
  define(command, io, finish) {
    command
      .option('-q, --quiet', 'say nothing when it is valid')
      .addHelpText('after', '\nExit codes: 0 valid, 65 not valid')
      .action(async (options: { quiet?: boolean }) => {
        finish(
          await session(command, io, (context) => {
            const desired = requireDesired(context);
            if (!options.quiet) {
              const names = desired.vms.map((vm) => vm.name).join(', ');
              io.stdout.write(`${context.project.file} is valid: ${names}\n`);
            }
            return Promise.resolve(EXIT.ok);
          }),
        );
      });
  },
};
