import { readFile } from 'node:fs/promises';
import { onlyMachine } from '../app/select.ts';
import { AiVmError } from '../model/errors.ts';
import { sanitise } from '../report/sanitise.ts';
import { reads } from './exits.ts';
import { session } from './session.ts';
import type { Verb } from './verbs.ts';

export const verb: Verb = {
  help: {
    about: 'The script starts the machine as the last up did, without Node and without building anything.',
    examples: [['ai-vm script dev > start-dev.sh', 'Keep it.']],
    exits: reads(),
  },
  define(command, io, finish) {
    command
      .argument('[vm]', 'the machine (may be left out when there is one)')
      .action(async (vm: string | undefined) => {
        finish(
          await session(
            command,
            io,
            async (context) => {
              const name = await onlyMachine(context, vm);
              const path = context.project.machine(name).startScript;
              try {
                const text = await readFile(path, 'utf8');
                // Names of directories stand in it byte for byte, and may hold what steers a terminal.
                io.stdout.write(io.stdout.isTTY ? sanitise(text) : text);
              } catch (error) {
                throw new AiVmError('machine.not-running', `${name} has no start script yet`, {
                  vm: name,
                  fix: `ai-vm up ${name}`,
                  cause: error,
                });
              }
            },
            { anywhere: true },
          ),
        );
      });
  },
};
