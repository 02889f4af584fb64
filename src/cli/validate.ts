import type { Context } from '../app/context.ts';
import { requireDesired } from '../app/context.ts';
import { ConfigError, EXIT, type Diagnostic } from '../model/errors.ts';
import { reads } from './exits.ts';
import { addFormat, json } from './format.ts';
import type { Io } from './io.ts';
import { session } from './session.ts';
import type { Verb } from './verbs.ts';

const plain = ({ code, severity, message, hint, position }: Diagnostic) => ({
  ...{ code, severity, message, hint: hint ?? null },
  ...{ file: position?.file ?? null, line: position?.line ?? null, column: position?.column ?? null },
});

/** For programs, what is wrong is the result, and not an error beside it. */
function printJson(io: Io, { project: { file, desired, loaded, problem } }: Context): number {
  if (problem && !(problem instanceof ConfigError)) throw problem;
  const diagnostics = problem?.diagnostics ?? loaded?.warnings ?? [];
  const machines = (desired?.vms ?? []).map((vm) => vm.name);
  io.stdout.write(json({ version: 1, file, valid: !problem, machines, diagnostics: diagnostics.map(plain) }));
  return problem?.exitCode ?? EXIT.ok;
}

export const verb: Verb = {
  help: {
    about: 'Every fault is told at once, with its place in the file.',
    examples: [
      ['ai-vm validate', 'Check the file.'],
      ['ai-vm validate --quiet --file other.yaml', 'Check another one, for a script.'],
      ['ai-vm validate --format json', 'Its faults, for a program.'],
    ],
    exits: reads('it is valid'),
  },
  define(command, io, finish) {
    addFormat(command, 'text')
      .option('-q, --quiet', 'say nothing when it is valid')
      .action(async (options: { quiet?: boolean; format: string }) => {
        finish(
          await session(command, io, (context) => {
            if (options.format === 'json') return Promise.resolve(printJson(io, context));
            const desired = requireDesired(context);
            if (!options.quiet) {
              const names = desired.vms.map((vm) => vm.name).join(', ');
              io.stdout.write(`${context.project.file} is valid: ${names}\n`);
            }
            return Promise.resolve(EXIT.ok);
          }),
        );
      });
  },
};
