import { doctor } from '../app/doctor.ts';
import { EXIT } from '../model/errors.ts';
import { renderDoctor } from '../report/doctor.ts';
import { addFormat, json } from './format.ts';
import { styleOf } from './style.ts';
import type { Verb } from './verbs.ts';

export const verb: Verb = {
  define(command, io, finish) {
    addFormat(command, 'text')
      .addHelpText('after', '\nExit codes: 0 everything needed is there, 69 something needed is missing')
      .action(async (options: { format: string }) => {
        const checks = await doctor();
        io.stdout.write(options.format === 'json' ? json({ version: 1, checks }) : renderDoctor(checks, styleOf(io)));
        finish(checks.some((check) => check.verdict === 'missing') ? EXIT.host : EXIT.ok);
      });
  },
};
