import { Option } from 'commander';
import { CONDITIONS, waitFor, type Condition } from '../app/wait.ts';
import { reads } from './exits.ts';
import { seconds } from './numbers.ts';
import { session } from './session.ts';
import type { Verb } from './verbs.ts';

export const verb: Verb = {
  help: {
    about:
      'Waits until all of the machines are what --for says: ready (they can be logged in to), healthy (their healthcheck succeeds, too) or stopped (their QEMU is gone). Starts nothing itself: one that nobody starts is waited for until --timeout, or Ctrl-C.',
    examples: [
      ['ai-vm up --no-wait && ai-vm wait --timeout 120', 'Do something else in between.'],
      ['ai-vm wait dev --for stopped', 'Until somebody has shut it down.'],
    ],
    exits: reads('they are so'),
  },
  define(command, io, finish) {
    command
      .argument('[vm...]', 'machines (default: all)')
      .addOption(new Option('--for <condition>', 'what is waited for').choices(CONDITIONS).default('ready'))
      .option('--timeout <seconds>', 'how long it may take (default: without end)', seconds)
      .action(async (vms: string[], options: { for: Condition; timeout?: number }) => {
        finish(
          await session(
            command,
            io,
            async (context, settled) => {
              const names = await waitFor(context, { vms, until: options.for, timeout: options.timeout ?? null });
              await settled();
              for (const vm of names) io.stdout.write(`${vm}  ${options.for}\n`);
              return undefined;
            },
            { anywhere: true },
          ),
        );
      });
  },
};
