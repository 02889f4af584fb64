import { stop } from '../app/stop.ts';
import { session } from './session.ts';
import { seconds } from './numbers.ts';
import type { Verb } from './verbs.ts';

export const verb: Verb = {
  define(command, io, finish) {
    command
      .argument('[vm...]', 'machines (default: all)')
      .option('-t, --timeout <seconds>', 'how long a guest may take to shut down before it is cut off', seconds)
      .addHelpText('after', '\nAsks the guest to shut down, then tells QEMU to quit, then kills it. The disk stays.')
      .action(async (vms: string[], options: { timeout?: number }) => {
        finish(await session(command, io, (context) => stop(context, { vms, grace: options.timeout ?? null })));
      });
  },
};
