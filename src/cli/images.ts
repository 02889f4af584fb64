import { images } from '../app/image-list.ts';
import { EXIT } from '../model/errors.ts';
import { renderImages } from '../report/images.ts';
import { reads } from './exits.ts';
import { addFormat, json } from './format.ts';
import { reported } from './session.ts';
import { styleOf, widthOf } from './style.ts';
import type { Verb } from './verbs.ts';

export const verb: Verb = {
  help: {
    about:
      'Lists the images in the cache of this user, which all projects share, with the machines whose disks stand on them. Sizes are what they take on disk.',
    examples: [
      ['ai-vm images', 'What is there.'],
      ['ai-vm images --format json', 'The same for a program.'],
    ],
    exits: reads(),
  },
  define(command, io, finish) {
    addFormat(command)
      .option('-q, --quiet', 'only the digests')
      .action(async (options: { format: string; quiet?: boolean }) => {
        finish(
          await reported(command, io, {}, async () => {
            const list = await images();
            if (options.format === 'json') io.stdout.write(json({ version: 1, images: list }));
            else if (options.quiet) io.stdout.write(list.map(({ digest }) => `${digest}\n`).join(''));
            else io.stdout.write(`${renderImages(list, widthOf(io), styleOf(io))}\n`);
            return EXIT.ok;
          }),
        );
      });
  },
};
