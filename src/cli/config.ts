import { EXIT } from '../model/errors.ts';
import { normalized } from '../app/config.ts';
import { addFormat } from './format.ts';
import { session } from './session.ts';
import type { Verb } from './verbs.ts';

export const verb: Verb = {
  define(command, io, finish) {
    addFormat(command, 'yaml')
      .addHelpText('after', '\nEvery default is written out, variables are replaced, paths are absolute.')
      .action(async (options: { format: 'yaml' | 'json' }) => {
        finish(
          await session(command, io, (context) => {
            io.stdout.write(normalized(context, options.format));
            return Promise.resolve(EXIT.ok);
          }),
        );
      });
  },
};
