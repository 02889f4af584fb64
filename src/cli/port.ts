import { forwards, parseGuestPort } from '../app/port.ts';
import { EXIT } from '../model/errors.ts';
import { reads } from './exits.ts';
import { addFormat, json } from './format.ts';
import { session } from './session.ts';
import type { Verb } from './verbs.ts';

export const verb: Verb = {
  help: {
    about:
      'Asks QEMU, so that what it shows is true now. With a port of the guest, prints only where that is reached on this host.',
    examples: [
      ['ai-vm port dev', 'All ports of a machine, that of SSH too.'],
      ['ai-vm port dev 80', 'Where port 80 of the guest is, such as 127.0.0.1:8080.'],
      ['curl "http://$(ai-vm port dev 80)/"', 'Use it.'],
    ],
    exits: reads(),
  },
  define(command, io, finish) {
    addFormat(command)
      .argument('[vm]', 'the machine (may be left out when there is one)')
      .argument('[port]', 'a port of the guest: 80, or 53/udp')
      .action(async (vm: string | undefined, port: string | undefined, options: { format: string }) => {
        finish(
          await session(
            command,
            io,
            async (context) => {
              const wanted = port === undefined ? undefined : parseGuestPort(port);
              const result = await forwards(context, vm, wanted);
              if (options.format === 'json') io.stdout.write(json({ version: 1, ...result }));
              else {
                for (const { bind, host, guest, protocol } of result.ports)
                  io.stdout.write(wanted ? `${bind}:${host}\n` : `${guest}/${protocol} -> ${bind}:${host}\n`);
              }
              return EXIT.ok;
            },
            { anywhere: true },
          ),
        );
      });
  },
};
