import { restart } from '../app/restart.ts';
import { renderWelcome } from '../report/welcome.ts';
import { changes } from './exits.ts';
import { seconds } from './numbers.ts';
import { session } from './session.ts';
import { commandOf, styleOf } from './style.ts';
import type { Verb } from './verbs.ts';

export const verb: Verb = {
  help: {
    about: 'The machines come back as the file declares them now. A machine with `overlay: true` comes back clean.',
    examples: [['ai-vm restart dev', 'Shut down and start one machine.']],
    exits: changes('they run'),
  },
  define(command, io, finish) {
    command
      .argument('[vm...]', 'machines (default: all)')
      .option('-t, --timeout <seconds>', 'how long a guest may take to shut down before it is cut off', seconds)
      .option('--cold', 'boot, without templates')
      .action(async (vms: string[], options: { timeout?: number; cold?: boolean }) => {
        finish(
          await session(command, io, async (context, settled) => {
            const result = await restart(context, { vms, grace: options.timeout ?? null }, options.cold);
            await settled();
            if (result.ok) io.stdout.write(renderWelcome(result.welcome, styleOf(io), commandOf(io)));
            return result.exitCode;
          }),
        );
      });
  },
};
