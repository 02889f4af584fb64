import { plan } from '../app/up.ts';
import { EXIT } from '../model/errors.ts';
import { renderPlan } from '../report/plan.ts';
import { addFormat, json } from './format.ts';
import { session } from './session.ts';
import { styleOf } from './style.ts';
import type { Verb } from './verbs.ts';

interface Options {
  readonly format: string;
  readonly detailedExitcode?: boolean;
  readonly restart?: boolean;
}

export const verb: Verb = {
  define(command, io, finish) {
    addFormat(command, 'text')
      .argument('[vm...]', 'machines (default: all)')
      .option('--restart', 'plan as up --restart would')
      .option('--detailed-exitcode', 'exit with 2 when there is anything to do')
      .addHelpText('after', '\nReads only: changes nothing, takes no lock.')
      .action(async (vms: string[], options: Options) => {
        finish(
          await session(command, io, async (context) => {
            const result = await plan(context, { vms, restart: options.restart ?? false });
            io.stdout.write(options.format === 'json' ? json(result) : `${renderPlan(result, styleOf(io))}\n`);
            const due = result.steps.length > 0 || result.vms.some((vm) => vm.pending.length > 0);
            return options.detailedExitcode && due ? EXIT.pending : EXIT.ok;
          }),
        );
      });
  },
};
