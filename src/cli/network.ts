import { networkLog } from '../app/network/log.ts';
import { showNetwork, testNetwork } from '../app/network/show.ts';
import { EXIT } from '../model/errors.ts';
import { allowText } from '../model/network.ts';
import { renderNetwork, renderNetworkLine } from '../report/network.ts';
import { reads } from './exits.ts';
import { addFormat, json } from './format.ts';
import { session, type Work } from './session.ts';
import { styleOf, widthOf } from './style.ts';
import type { Verb } from './verbs.ts';

const FORMAT_VERSION = 1;

export const verb: Verb = {
  help: {
    about:
      'A machine is behind a gateway on this host, which lets out what the file names, unless that says `network: host`. `ls` shows what counts now, `log` what was let through and what not, with what to add to the file, and `test` what would come of an attempt, without making it.',
    examples: [
      ['ai-vm network ls', 'What each machine may reach.'],
      ['ai-vm network log dev -f', 'Follow what a machine tries.'],
      ['ai-vm network test github.com:22', 'Whether it may.'],
    ],
    exits: reads('done; of `test`: it is allowed'),
  },
  define(command, io, finish) {
    const run = async (work: Work): Promise<void> => {
      finish(await session(command, io, work, { anywhere: true }));
    };
    addFormat(command.command('ls [vm...]').description('Show what machines may reach')).action(
      (vms: string[], options: { format: string }) =>
        run(async (context) => {
          const machines = await showNetwork(context, vms);
          if (options.format === 'json') io.stdout.write(json({ version: FORMAT_VERSION, machines }));
          else io.stdout.write(`${renderNetwork(machines, widthOf(io), styleOf(io))}\n`);
          return EXIT.ok;
        }),
    );
    addFormat(command.command('log [vm]').description('Show what was let through and what not'), 'text')
      .option('-f, --follow', 'go on with what comes')
      .action((vm: string | undefined, options: { format: string; follow?: boolean }) =>
        run(async (context) => {
          let silent = options.format !== 'json';
          for await (const entry of networkLog(context, vm, options.follow ?? false)) {
            silent = false;
            if (options.format === 'json')
              io.stdout.write(`${JSON.stringify({ version: FORMAT_VERSION, ...entry })}\n`);
            else io.stdout.write(`${renderNetworkLine(entry, styleOf(io))}\n`);
          }
          if (silent && !options.follow) io.stdout.write('Nothing has been tried.\n');
          return EXIT.ok;
        }),
      );
    addFormat(
      command.command('test <host> [vm]').description('Tell whether a machine may reach a host'),
      'text',
    ).action((host: string, vm: string | undefined, options: { format: string }) =>
      run(async (context) => {
        const tested = await testNetwork(context, host, vm);
        const { allowed, reason, add, addresses } = tested;
        if (options.format === 'json') io.stdout.write(json({ version: FORMAT_VERSION, ...tested }));
        else {
          const at = addresses.length > 0 ? ` (${addresses.join(', ')})` : '';
          const why = reason === '' ? '' : `: ${reason}`;
          io.stdout.write(
            `${tested.vm}  ${allowed ? 'allowed' : 'denied'}  ${tested.host}:${tested.port}${at}${why}\n`,
          );
          if (add !== null) io.stdout.write(`To allow it, in the file: ${allowText(add)}\n`);
        }
        return allowed ? EXIT.ok : EXIT.failed;
      }),
    );
  },
};
