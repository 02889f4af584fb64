import { openContext, type Context } from '../app/context.ts';
import { doctor, type Check } from '../app/doctor.ts';
import { EXIT } from '../model/errors.ts';
import { renderDoctor } from '../report/doctor.ts';
import { confirm } from './confirm.ts';
import { reads } from './exits.ts';
import { addFormat, json } from './format.ts';
import type { Io } from './io.ts';
import { reported, whereOf } from './session.ts';
import { styleOf, widthOf } from './style.ts';
import type { Verb } from './verbs.ts';

interface Options {
  readonly format: string;
  readonly fix?: boolean;
  readonly yes?: boolean;
}

const isMissing = (checks: readonly Check[]): boolean => checks.some(({ verdict }) => verdict === 'missing');

/** Runs what mends a lack, one command after the other, each after a question. */
async function mend(io: Io, checks: readonly Check[], yes: boolean): Promise<boolean> {
  const { execa } = await import('execa');
  const commands = new Map(checks.flatMap(({ command }) => (command ? [[command.join(' '), command] as const] : [])));
  for (const [line, [program = '', ...args]] of commands) {
    if (!yes && !(await confirm(io, `Run ${line}?`))) continue;
    io.stderr.write(`$ ${line}\n`);
    // What it prints is no result of ours.
    const { exitCode } = await execa(program, args, {
      stdin: 'inherit',
      stdout: io.stderr,
      stderr: io.stderr,
      reject: false,
    });
    if (exitCode !== 0) io.stderr.write(`warning: it ended with ${exitCode ?? 'a signal'}\n`);
  }
  return commands.size > 0;
}

export const verb: Verb = {
  help: {
    about:
      'Looks at what machines need of this host, says what each lack costs, and names the command that mends it. In a project, looks at its ports too. --fix asks and runs those commands that need nobody’s judgement: packages and limits of the kernel.',
    examples: [
      ['ai-vm doctor', 'What is there and what is not.'],
      ['ai-vm doctor --fix', 'Mend what can be mended, after a question for each command.'],
      ['ai-vm doctor --format json', 'The same for a program.'],
    ],
    exits: [...reads('everything that is needed is there'), ['69', 'something that is needed is missing']],
  },
  define(command, io, finish) {
    addFormat(command, 'text')
      .option('--fix', 'run the commands that mend what is missing; asks')
      .option('-y, --yes', 'do not ask')
      .action(async (options: Options) => {
        finish(
          await reported(command, io, {}, async (reporting) => {
            const where = whereOf({ ...reporting, emit: () => undefined }, command, io, { anywhere: true });
            // It is for hosts on which nothing works yet, too.
            const context: Context | null = await openContext(where).catch(() => null);
            let checks = await doctor(context);
            const ailing = checks.filter(({ verdict }) => verdict !== 'ok');
            if (options.fix && (await mend(io, ailing, options.yes ?? false))) checks = await doctor(context);
            io.stdout.write(
              options.format === 'json' ? json({ version: 1, checks }) : renderDoctor(checks, widthOf(io), styleOf(io)),
            );
            return isMissing(checks) ? EXIT.host : EXIT.ok;
          }),
        );
      });
  },
};
