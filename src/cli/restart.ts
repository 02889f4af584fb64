import { restart } from '../app/restart.ts';
import { renderWelcome } from '../report/welcome.ts';
import { seconds } from './numbers.ts';
import { session } from './session.ts';
import { commandOf, styleOf } from './style.ts';
import type { Verb } from './verbs.ts';

export const verb: Verb = {
  define(command, io, finish) {
    command
      .argument('[vm...]', 'machines (default: all)')
      .option('-t, --timeout <seconds>', 'how long a guest may take to shut down before it is cut off', seconds)
      .addHelpText(
        'after',
        '\nThe machines come back as the file declares them now. A machine with `overlay: true` comes back clean.',
      )
      .action(async (vms: string[], options: { timeout?: number }) => {
        finish(
          await session(command, io, async (context, settled) => {
            const result = await restart(context, { vms, grace: options.timeout ?? null });
            await settled();
            if (result.ok) io.stdout.write(renderWelcome(result.welcome, styleOf(io), commandOf(io)));
            return result.exitCode;
          }),
        );
      });
  },
};
