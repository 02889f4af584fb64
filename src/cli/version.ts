import { versions, type Versions } from '../app/version.ts';
import { VERSION } from '../generated/version.ts';
import { EXIT } from '../model/errors.ts';
import { reads } from './exits.ts';
import { addFormat, json } from './format.ts';
import { reported } from './session.ts';
import type { Verb } from './verbs.ts';

function lines({ aiVm, node, qemu, accelerator, virtiofsd, imageProviders }: Versions): string {
  const providers = imageProviders.map(({ name, missing }) =>
    missing.length === 0 ? name : `${name} (cannot build without ${missing.join(', ')})`,
  );
  const rows = [
    ['ai-vm', aiVm],
    ['node', node],
    ['qemu', qemu ? `${qemu.version} (${qemu.binary})` : 'not usable: ai-vm doctor'],
    [
      'accelerator',
      accelerator ? accelerator.name + (accelerator.reason ? ` (${accelerator.reason})` : '') : 'unknown',
    ],
    ['shares', virtiofsd ? `virtiofs (${virtiofsd})` : '9p'],
    ['images', providers.join(', ')],
  ];
  return rows.map(([name = '', text = '']) => `${name.padEnd(13)}${text}\n`).join('');
}

export const verb: Verb = {
  help: {
    about:
      'The versions of ai-vm and of what machines are made with on this host. ai-vm --version prints nothing but a number.',
    examples: [
      ['ai-vm version', 'What takes part, for people.'],
      ['ai-vm version --short', 'The number alone.'],
      ['ai-vm version --format json', 'For a program, or a report of a fault.'],
    ],
    exits: reads(),
  },
  define(command, io, finish) {
    addFormat(command, 'text')
      .option('--short', 'the version of ai-vm alone')
      .action(async (options: { format: string; short?: boolean }) => {
        if (options.short) {
          io.stdout.write(`${VERSION}\n`);
          finish(EXIT.ok);
          return;
        }
        finish(
          await reported(command, io, {}, async () => {
            const found = await versions(io.signal);
            io.stdout.write(options.format === 'json' ? json({ version: 1, ...found }) : lines(found));
            return EXIT.ok;
          }),
        );
      });
  },
};
