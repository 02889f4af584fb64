import { up } from '../app/up.ts';
import { EXIT } from '../model/errors.ts';
import { renderPlan } from '../report/plan.ts';
import { renderWelcome } from '../report/welcome.ts';
import { seconds } from './numbers.ts';
import { session } from './session.ts';
import { commandOf, styleOf } from './style.ts';
import type { Verb } from './verbs.ts';

interface Options {
  readonly wait: boolean;
  readonly restart?: boolean;
  readonly recreate?: string[];
  readonly yes?: boolean;
  readonly approve?: boolean;
  readonly dryRun?: boolean;
  readonly timeout?: number;
}

export const verb: Verb = {
  define(command, io, finish) {
    command
      .argument('[vm...]', 'machines (default: all)')
      .option('--no-wait', 'return as soon as the machines are started, before they answer')
      .option('--restart', 'restart running machines for changes that need it')
      .option('--recreate <vm...>', 'delete the disk of these machines and make it anew (needs --yes)')
      .option('-y, --yes', 'do not ask')
      .option('--approve', 'allow what the file asks of this host (see ai-vm approve)')
      .option('--dry-run', 'show the plan and do nothing')
      .option('--timeout <seconds>', 'how long a machine may take until it answers', seconds)
      .addHelpText(
        'after',
        '\nExamples:\n  ai-vm up\n  ai-vm up dev --restart\n  ai-vm up --recreate dev --yes\n\nExit codes: 0 ok, 1 failed, 65 configuration, 69 host lacks something, 75 locked, 130 interrupted',
      )
      .action(async (vms: string[], options: Options) => {
        finish(
          await session(command, io, async (context, settled) => {
            const result = await up(context, {
              vms,
              wait: options.wait,
              restart: options.restart ?? false,
              recreate: options.recreate ?? [],
              yes: options.yes ?? false,
              approve: options.approve ?? false,
              dryRun: options.dryRun ?? false,
              timeout: options.timeout ?? null,
            });
            if (options.dryRun) {
              io.stdout.write(`${renderPlan(result.plan, styleOf(io))}\n`);
              return EXIT.ok;
            }
            await settled();
            if (result.ok) io.stdout.write(renderWelcome(result.welcome, styleOf(io), commandOf(io)));
            return result.exitCode;
          }),
        );
      });
  },
};
