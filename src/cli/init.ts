import { resolve } from 'node:path';
import { Option } from 'commander';
import { draft, siteFor, write, type Draft, type Format, type Site } from '../app/init.ts';
import type { Settings } from '../app/settings.ts';
import { EXIT } from '../model/errors.ts';
import { changes } from './exits.ts';
import type { Io } from './io.ts';
import { isTerminal } from './terminal.ts';
import { reported } from './session.ts';
import { addSettings, settingsOf, type SettingOptions } from './settings.ts';
import { commandOf } from './style.ts';
import type { Verb } from './verbs.ts';

interface Options extends SettingOptions {
  readonly share: boolean;
  readonly format?: Format;
  readonly schema?: string;
  readonly force?: boolean;
  readonly yes?: boolean;
}

/** `--no-port` and `--no-share` say that there are none, which is not to say nothing. */
function answersOf(options: Options): Settings {
  const none = options.share ? {} : { shareRw: [], shareRo: [] };
  return { ...settingsOf(options), ...none, ...(options.port === false && { port: [] }) };
}

async function asked(io: Io, site: Site, given: Settings, options: Options): Promise<Draft | 'left' | 'refused'> {
  const make = (settings: Settings): Promise<Draft> => draft(site, settings, options.schema);
  if (options.yes === true || !isTerminal(io)) return make(given);
  const { wizard } = await import('./wizard.ts');
  return wizard(io, site, given, make);
}

export const verb: Verb = {
  help: {
    about:
      'Asks at a terminal; what a flag says is not asked. --file says where to write. In a directory where `ai-vm up` has made a machine from flags, the file says what they said.',
    examples: [
      ['ai-vm init', 'Answer some questions.'],
      ['ai-vm init --yes --ram 16 --cpu 8 --storage 100 --share-ro ~/reference --agent claude', 'Answer none.'],
    ],
    exits: changes('the file is written'),
  },
  define(command, io, finish) {
    addSettings(command)
      .option('--no-port', 'forward nothing')
      .option('--no-share', 'share nothing')
      .addOption(new Option('--format <format>', 'the language of the file (default: yaml)').choices(['yaml', 'toml']))
      .option('--schema <link>', 'where editors find the schema (default: where it is)')
      .option('--force', 'replace a file that is there')
      .option('-y, --yes', 'do not ask: what no flag says is as usual')
      .action(async (options: Options) => {
        finish(
          await reported(command, io, {}, async ({ options: { file, directory }, emit, settled }) => {
            const { format, force = false } = options;
            const site = await siteFor({ cwd: resolve(io.cwd, directory ?? '.'), file: file?.at(-1), format, force });
            if (site.above !== null) {
              emit({
                type: 'info',
                message: `${site.above} does not count in this directory any more, once there is a file`,
              });
            }
            const answers = answersOf(options);
            const made = await asked(io, site, answers, options);
            if (made === 'left') return EXIT.interrupted;
            if (made === 'refused') return EXIT.failed;
            io.signal.throwIfAborted();
            const { files, notIgnored } = await write(site, made);
            for (const message of made.warnings) emit({ type: 'warning', message });
            if (notIgnored) {
              emit({ type: 'warning', message: '.gitignore is no plain file: have Git ignore .ai-vm/ yourself' });
            }
            await settled();
            const next = made.asks.length > 0 ? ['approve', 'up'] : ['up'];
            const commands = next.map((name) => `${commandOf(io)} ${name}`).join(', then ');
            io.stdout.write(`${files.map((path) => `wrote ${path}\n`).join('')}next: ${commands}\n`);
            return EXIT.ok;
          }),
        );
      });
  },
};
