import { Option } from 'commander';
import * as config from '../app/config.ts';
import type { Context } from '../app/context.ts';
import { EXIT } from '../model/errors.ts';
import { reads } from './exits.ts';
import { session } from './session.ts';
import type { Verb } from './verbs.ts';

interface Options {
  readonly format: 'yaml' | 'json' | 'toml';
  readonly reveal?: boolean;
  readonly interpolate: boolean;
  readonly vms?: boolean;
  readonly profiles?: boolean;
  readonly variables?: boolean;
  readonly environment?: boolean;
  readonly hash?: boolean;
  readonly sources?: boolean;
  readonly schema?: boolean;
}

async function textOf(context: Context, options: Options): Promise<string> {
  const reveal = options.reveal ?? false;
  if (options.vms) return config.machineNames(context);
  if (options.profiles) return config.profileNames(context);
  await config.requireSources(context);
  if (options.variables) return config.variables(context, reveal);
  if (options.environment) return config.environment(context, reveal);
  if (options.hash) return config.hashes(context);
  if (options.sources) return config.sources(context, reveal);
  if (!options.interpolate) return config.raw(context, { format: options.format, reveal });
  return config.normalized(context, { format: options.format, reveal });
}

export const verb: Verb = {
  help: {
    about:
      'Every default is written out, variables are replaced, paths are absolute. Values of variables named in `secrets`, or called …_TOKEN, …_KEY, …_SECRET, …_PASSWORD and so on, are hidden.',
    examples: [
      ['ai-vm config', 'The whole file, as it counts.'],
      ['ai-vm config --sources', 'Where each value comes from.'],
      ['ai-vm config --format json', 'The same for a program.'],
    ],
    exits: reads(),
  },
  define(command, io, finish) {
    command
      .addOption(new Option('--format <format>', 'how it is printed').choices(['yaml', 'json', 'toml']).default('yaml'))
      .option('--no-interpolate', 'the files laid over each other, variables as they are')
      .option('--vms', 'only the names of the machines that take part')
      .option('--profiles', 'only the names of all profiles')
      .option('--variables', 'only the variables that the files name: required, default, value')
      .option('--environment', 'everything that a variable can be')
      .option('--hash', 'a digest of each machine')
      .option('--sources', 'where each value comes from')
      .option('--schema', 'the JSON Schema of the file')
      .option('--reveal', 'print secrets too')
      .action(async (options: Options) => {
        if (options.schema) {
          io.stdout.write(await config.schema());
          finish(EXIT.ok);
          return;
        }
        finish(
          await session(command, io, async (context) => {
            io.stdout.write(await textOf(context, options));
            return EXIT.ok;
          }),
        );
      });
  },
};
