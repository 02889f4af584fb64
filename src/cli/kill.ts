import { stop } from '../app/stop.ts';
import { changes } from './exits.ts';
import { session } from './session.ts';
import type { Verb } from './verbs.ts';

export const verb: Verb = {
  help: {
    about:
      'Ends QEMU at once, as if the power was cut: neither the guest nor QEMU is asked, and what the guest has not written to its disk is lost. For a machine that hangs; ai-vm stop is for all others.',
    examples: [['ai-vm kill dev', 'Cut the power of one machine.']],
    exits: changes('they are gone'),
  },
  define(command, io, finish) {
    command.argument('<vm...>', 'machines').action(async (vms: string[]) => {
      const work = session(command, io, (context) => stop(context, { vms, grace: 0, cut: true }), { anywhere: true });
      finish(await work);
    });
  },
};
