import { resolve } from 'node:path';
import { copy } from '../app/cp.ts';
import { EXIT } from '../model/errors.ts';
import { formatAmount } from '../model/units.ts';
import { changes } from './exits.ts';
import { session } from './session.ts';
import type { Verb } from './verbs.ts';

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

export const verb: Verb = {
  help: {
    about:
      'Copies files and directories, with all that is in them, into a machine or out of it. MACHINE:PATH is a path of a guest: relative ones begin in the home directory, and `*`, `?` and `[…]` are expanded there (quote them, or your shell does it). A target that is a directory gets the files under their own names; a source that ends in /. gives what is in it. What takes long shows bytes, rate and time left, as --progress says.\n\nThe guest is not trusted: on this host nothing is written or read through a symlink in a share, symlinks that lead out of what is copied are left out, and so are devices.',
    examples: [
      ['ai-vm cp notes.txt dev:', 'Into the home directory.'],
      ['ai-vm cp src Makefile dev:/tmp/', 'Several, and directories.'],
      ["ai-vm cp 'dev:/var/log/*.log' logs/", 'Out of it, by a pattern.'],
    ],
    exits: changes('all is copied'),
  },
  define(command, io, finish) {
    command
      .argument('<path...>', 'sources, and the target last; one side is MACHINE:PATH')
      .usage('[options] <path...> <machine>:<path>  |  <machine>:<path>... <path>')
      .option('-u, --user <name>', 'as this declared user of the guest (default: the first)')
      .option('-r, --recursive', 'as ever: directories are copied with all that is in them')
      .option('-q, --quiet', 'do not say what was copied')
      .action(async (words: string[], options: { user?: string; quiet?: boolean }) => {
        finish(
          await session(command, io, async (context, _settled, where) => {
            const cwd = resolve(where.cwd);
            const done = await copy(context, { words, user: options.user ?? null, cwd });
            for (const what of done.skipped) context.emit({ type: 'warning', message: `left out: ${what}` });
            if (!options.quiet) {
              const links = done.links > 0 ? ` and ${counted(done.links, 'symlink')}` : '';
              const what = `${counted(done.files, 'file')}${links}, ${formatAmount(done.bytes)}`;
              context.emit({ type: 'info', message: `${what} ${done.way === 'in' ? 'to' : 'from'} ${done.vm}` });
            }
            return EXIT.ok;
          }),
        );
      });
  },
};
