import { approve } from '../app/approvals.ts';
import { EXIT } from '../model/errors.ts';
import { renderAsks } from '../report/asks.ts';
import { confirm } from './confirm.ts';
import { changes } from './exits.ts';
import { json } from './format.ts';
import { session } from './session.ts';
import { styleOf } from './style.ts';
import type { Verb } from './verbs.ts';

interface Options {
  readonly yes?: boolean;
  readonly list?: boolean;
  readonly revoke?: boolean;
  readonly format?: string;
}

export const verb: Verb = {
  help: {
    about:
      'A file may ask for more than its own directory and loopback ports: other directories, credentials, ports that other computers reach, variables of your environment. None of it is given before you allow it here. The consent is kept on this host, outside the repository, for exactly what was asked.',
    examples: [
      ['ai-vm approve', 'Show what is asked, and ask whether to allow it.'],
      ['ai-vm approve --list --format json', 'The same for a program; nothing is allowed.'],
      ['ai-vm approve --revoke', 'Take back what was allowed.'],
    ],
    exits: changes('everything that is asked is allowed'),
  },
  define(command, io, finish) {
    command
      .option('-y, --yes', 'allow everything that is asked, without asking back')
      .option('-l, --list', 'show what is asked, and change nothing')
      .option('--revoke', 'take back every consent given to this project')
      .option('--format <format>', 'text or json, with --list', 'text')
      .action(async (options: Options) => {
        finish(
          await session(command, io, (context) =>
            approve(context, {
              revoke: options.revoke ?? false,
              decide: async (asks) => {
                const asText = options.format !== 'json';
                io.stdout.write(asText ? renderAsks(asks, styleOf(io)) : json({ version: 1, asks }));
                if (options.list) return false;
                return options.yes === true || asks.pending.length === 0 || confirm(io, 'Allow all of this?');
              },
              onRefused: () => EXIT.failed,
              listing: options.list ?? false,
            }),
          ),
        );
      });
  },
};
