import { sshHosts } from '../app/ssh-config.ts';
import { EXIT } from '../model/errors.ts';
import { reads } from './exits.ts';
import { addFormat, json } from './format.ts';
import { session } from './session.ts';
import type { Verb } from './verbs.ts';

export const verb: Verb = {
  help: {
    about:
      'Prints a section of ssh_config for each machine that has been started, so that ssh, scp, rsync, Git and editors reach it under a name of its own, ai-vm-PROJECT-MACHINE. Keys and the pinned host key are those of ai-vm ssh, and nothing of yours is forwarded.\n\nThe SSH port of a machine may be another one after ai-vm up: write the file again then.',
    examples: [
      [
        'ai-vm ssh-config > ~/.ssh/ai-vm.conf',
        'Keep it; `Include ai-vm.conf` at the top of ~/.ssh/config makes it count.',
      ],
      ['ssh -F ~/.ssh/ai-vm.conf ai-vm-shop-dev', 'Or use it alone.'],
      ['ai-vm ssh-config dev --format json', 'The same for a program.'],
    ],
    exits: reads(),
  },
  define(command, io, finish) {
    addFormat(command, 'text')
      .argument('[vm...]', 'machines (default: all)')
      .action(async (vms: string[], options: { format: string }) => {
        finish(
          await session(
            command,
            io,
            async (context) => {
              const found = await sshHosts(context, vms);
              const hosts = found.map(({ host }) => host);
              const text = found.map(({ section }) => section).join('\n');
              io.stdout.write(options.format === 'json' ? json({ version: 1, hosts }) : text);
              return EXIT.ok;
            },
            { anywhere: true },
          ),
        );
      });
  },
};
