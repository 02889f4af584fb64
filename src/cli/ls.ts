import { ls } from '../app/ls.ts';
import { EXIT } from '../model/errors.ts';
import { renderLs } from '../report/ls.ts';
import { reads } from './exits.ts';
import { addFormat, json } from './format.ts';
import { reported } from './session.ts';
import { styleOf, widthOf } from './style.ts';
import type { Verb } from './verbs.ts';

export const verb: Verb = {
  help: {
    about:
      'Lists every project that has machines on this host, wherever you are, and also those whose directory is gone. Their names are for -p: ai-vm down -p NAME and ai-vm rm -p NAME take them down.',
    examples: [
      ['ai-vm ls', 'All projects with machines.'],
      ['ai-vm ls --all', 'Those too whose machines were deleted.'],
      ['ai-vm ls --format json', 'The same for a program.'],
    ],
    exits: reads(),
  },
  define(command, io, finish) {
    addFormat(command)
      .option('-a, --all', 'projects without machines too')
      .option('-q, --quiet', 'only the names')
      .action(async (options: { format: string; all?: boolean; quiet?: boolean }) => {
        finish(
          await reported(command, io, {}, async () => {
            const projects = await ls(options.all ?? false);
            if (options.format === 'json') io.stdout.write(json({ version: 1, projects }));
            else if (options.quiet) io.stdout.write(projects.map(({ project }) => `${project}\n`).join(''));
            else io.stdout.write(`${renderLs(projects, widthOf(io), styleOf(io))}\n`);
            return EXIT.ok;
          }),
        );
      });
  },
};
