import { resolve } from 'node:path';
import { Option } from 'commander';
import { up, type RestartDue } from '../app/up.ts';
import { readPlan, type Planned } from '../app/plan-file.ts';
import { AiVmError, EXIT } from '../model/errors.ts';
import { renderPlan, renderRestarts } from '../report/plan.ts';
import { renderWelcome } from '../report/welcome.ts';
import { changes } from './exits.ts';
import { seconds } from './numbers.ts';
import { canAsk, confirm } from './confirm.ts';
import type { Io } from './io.ts';
import { session, type GlobalOptions, type Work } from './session.ts';
import { addSettings, givenOf, type SettingOptions } from './settings.ts';
import { commandOf, styleOf } from './style.ts';
import type { Verb } from './verbs.ts';

interface Options extends SettingOptions {
  readonly wait: boolean;
  readonly restart?: boolean;
  readonly removeOrphans?: boolean;
  readonly recreate?: string[];
  readonly plan?: string;
  readonly yes?: boolean;
  readonly approve?: boolean;
  readonly dryRun?: boolean;
  readonly timeout?: number;
  readonly cold?: boolean;
}

function askRestart(io: Io, due: readonly RestartDue[]): Promise<boolean> {
  io.stderr.write(`${renderRestarts(due, styleOf(io))}\n`);
  const names = due.map(({ vm }) => vm).join(', ');
  return confirm(io, `Restart ${names}? What can be changed while they run is changed in any case.`);
}

const askOrphans = (io: Io, names: readonly string[]): Promise<boolean> =>
  confirm(io, `Stop ${names.join(', ')}, which left the file? Disks stay.`);

/** What is in the plan is all there is to it: whoever kept it has seen it. */
function readPlanned(io: Io, source: string, vms: readonly string[]): Promise<Planned> {
  if (vms.length > 0)
    throw new AiVmError('usage', 'a plan says itself which machines it is about', { fix: 'Leave the names out.' });
  return source === '-' ? readPlan('-', io.stdin) : readPlan(resolve(io.cwd, source));
}

/** The options that it was made with, in the place of those of the command line. */
const asPlanned = (planned: Planned) => {
  const { vms, restart, recreate, cold, removeOrphans } = planned.file.options;
  return { vms, restart, recreate, cold, planned, ...(removeOrphans ? { removeOrphans: always } : {}) };
};

const always = (): Promise<boolean> => Promise.resolve(true);

export const verb: Verb = {
  help: {
    about:
      'What can be changed while a machine runs is changed so. What needs a restart waits for one, what needs a new disk waits for your word.',
    examples: [
      ['ai-vm up', 'All machines of the file.'],
      ['ai-vm up dev --restart', 'One, also where that takes a restart.'],
      ['ai-vm up --ram 16 -p 8080:80', 'For this run, over the file; without a file, a machine of its own.'],
      ['ai-vm up --recreate dev --yes', 'Delete its disk and begin anew.'],
    ],
    exits: changes('the machines are what the file declares'),
  },
  define(command, io, finish) {
    addSettings(command)
      .argument('[vm...]', 'machines (default: all)')
      .option('--no-wait', 'return as soon as the machines are started, before they answer')
      .option('--restart', 'restart running machines for changes that need it')
      .option('--no-restart', 'restart none (default: asks where there is a terminal, and restarts none elsewhere)')
      .option('--recreate <vm...>', 'delete the disk of these machines and make it anew (needs --yes)')
      .option('--remove-orphans', 'stop machines that left the file, disks stay (asks)')
      .option(
        '-y, --yes',
        'do not ask: restart what needs it, unless --no-restart says otherwise; consent to --recreate and --remove-orphans',
      )
      .option('--approve', 'allow what the file asks of this host (see ai-vm approve)')
      .addOption(
        new Option(
          '--plan <file>',
          'carry out what plan --out has kept, if nothing has changed since (-: standard input)',
        ).conflicts(['restart', 'recreate', 'removeOrphans', 'cold']),
      )
      .option('--dry-run', 'show the plan and do nothing')
      .option('--timeout <seconds>', 'how long a machine may take until it answers', seconds)
      .option('--cold', 'boot, without templates; the memory of suspended machines is thrown away')
      .action(async (vms: string[], options: Options) => {
        const given = givenOf(options, vms);
        const work: Work = async (context, settled) => {
          const planned = options.plan === undefined ? undefined : await readPlanned(io, options.plan, vms);
          const restart = options.restart ?? (options.yes ? true : undefined);
          const asks = !options.yes && canAsk(io, command.opts<GlobalOptions>().progress);
          const result = await up(context, {
            vms: given.vms,
            wait: options.wait,
            ...(restart === undefined ? {} : { restart }),
            ...(asks ? { askRestart: (due) => askRestart(io, due) } : {}),
            ...(options.removeOrphans
              ? { removeOrphans: options.yes ? always : (names) => askOrphans(io, names) }
              : {}),
            recreate: options.recreate ?? [],
            yes: options.yes ?? false,
            approve: options.approve ?? false,
            dryRun: options.dryRun ?? false,
            timeout: options.timeout ?? null,
            cold: options.cold ?? false,
            ...(planned ? asPlanned(planned) : {}),
          });
          if (options.dryRun) {
            io.stdout.write(`${renderPlan(result.plan, styleOf(io))}\n`);
            return EXIT.ok;
          }
          await settled();
          if (result.ok) io.stdout.write(renderWelcome(result.welcome, styleOf(io), commandOf(io)));
          return result.exitCode;
        };
        finish(await session(command, io, work, { given }));
      });
  },
};
