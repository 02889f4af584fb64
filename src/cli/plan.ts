import { resolve } from 'node:path';
import { plan } from '../app/plan.ts';
import { writePlan } from '../app/plan-file.ts';
import { EXIT } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import { renderPlan } from '../report/plan.ts';
import { reads } from './exits.ts';
import { addFormat, json } from './format.ts';
import { session, type Work } from './session.ts';
import { addSettings, givenOf, type SettingOptions } from './settings.ts';
import { styleOf } from './style.ts';
import type { Verb } from './verbs.ts';

interface Options extends SettingOptions {
  readonly format: string;
  readonly detailedExitcode?: boolean;
  readonly restart?: boolean;
  readonly recreate?: string[];
  readonly cold?: boolean;
  readonly out?: string;
  readonly removeOrphans?: boolean;
}

/** What waits for a consent is a difference, too. */
export const detailedCode = ({ steps, vms }: Plan): number =>
  steps.length > 0 || vms.some(({ pending }) => pending.length > 0) ? EXIT.pending : EXIT.ok;

export const verb: Verb = {
  help: {
    about: 'Reads only: changes nothing, takes no lock.',
    examples: [
      ['ai-vm plan', 'What ai-vm up would do.'],
      ['ai-vm plan --detailed-exitcode', 'Whether there is anything to do, for a script.'],
      ['ai-vm plan --out plan.json', 'Keep it for ai-vm up --plan plan.json.'],
    ],
    exits: [...reads(), ['2', 'there is something to do (--detailed-exitcode)']],
  },
  define(command, io, finish) {
    addSettings(addFormat(command, 'text'))
      .argument('[vm...]', 'machines (default: all)')
      .option('--restart', 'plan as up --restart would')
      .option('--recreate <vm...>', 'plan as up --recreate would')
      .option('--remove-orphans', 'plan as up --remove-orphans would')
      .option('--cold', 'plan as up --cold would')
      .option('-o, --out <file>', 'keep the plan for up --plan (-: standard output)')
      .option('--detailed-exitcode', 'exit with 2 when there is anything to do')
      .action(async (vms: string[], options: Options) => {
        const given = givenOf(options, vms);
        const work: Work = async (context) => {
          const { restart = false, removeOrphans = false, recreate = [], cold = false } = options;
          const { plan: result, file } = await plan(context, {
            vms: given.vms,
            restart,
            removeOrphans,
            recreate,
            cold,
          });
          if (options.out === '-') io.stdout.write(json(file()));
          else if (options.out !== undefined) await writePlan(resolve(io.cwd, options.out), file());
          // One thing on stdout, not two.
          if (options.out !== '-')
            io.stdout.write(options.format === 'json' ? json(result) : `${renderPlan(result, styleOf(io))}\n`);
          return options.detailedExitcode ? detailedCode(result) : EXIT.ok;
        };
        finish(await session(command, io, work, { given }));
      });
  },
};
