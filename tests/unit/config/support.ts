import { FilesNeeded, loadConfig, type ConfigText, type Loaded } from '../../../src/config/load.ts';
import { parserFor } from '../../../src/config/parser.ts';
import type { VmConfig } from '../../../src/model/desired.ts';
import { ConfigError } from '../../../src/model/errors.ts';
import { renderDiagnostic } from '../../../src/report/frame.ts';

export interface Around {
  readonly env?: Record<string, string>;
  readonly file?: string;
  readonly projectName?: string;
}

const PARSERS = { yaml: await parserFor('ai-vm.yaml'), toml: await parserFor('ai-vm.toml') };

/** A file in /home/ann/shop. */
export const configText = (file: string, text: string): ConfigText => ({
  path: `/home/ann/shop/${file}`,
  text,
  parse: PARSERS[file.endsWith('.toml') ? 'toml' : 'yaml'],
});

/** A file in /home/ann/shop, as Ann loads it. */
export function load(text: string, { env = {}, file = 'ai-vm.yaml', projectName }: Around = {}): Loaded {
  return loadConfig({
    files: [configText(file, text)],
    dir: '/home/ann/shop',
    env,
    home: '/home/ann',
    ...(projectName !== undefined && { projectName }),
  });
}

/** The one machine of a file that has `fields` under `vms.dev`. */
export function machine(fields: string, around: Around = {}): Loaded['desired']['vms'][number] {
  return load(`vms:\n  dev:\n${fields.replace(/^/gm, '    ')}\n`, around).desired.vms[0]!;
}

/** What is said about a faulty file, as a terminal without colours shows it. */
export function faults(text: string, around: Around = {}): string {
  try {
    load(text, around);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.diagnostics
      .map((d) => renderDiagnostic(d, error.sources, { color: false, cwd: '/home/ann/shop' }))
      .join('\n');
  }
  return 'no fault';
}

/** The same for one machine. */
export const machineFaults = (fields: string, around: Around = {}): string =>
  faults(`vms:\n  dev:\n${fields.replace(/^/gm, '    ')}\n`, around);

export type Texts = Readonly<Record<string, string>>;

/** A project in Ann's directory. */
export interface Given {
  /** Main files by name; the first one is the project's own. */
  readonly files: Texts;
  /** What else is in the project's directory. */
  readonly others?: Texts;
  /** Files outside of it, by their absolute paths; not there: none may be named. */
  readonly outside?: Texts;
  readonly env?: Readonly<Record<string, string>>;
  readonly dotenv?: string;
  /** A file of variables that the user names, in the place of .env: by its absolute path. */
  readonly named?: Texts;
}

export const DIR = '/home/ann/shop';

/** As the app does it: reads what is asked for, until nothing more is. */
export function loadFiles({ files, others = {}, outside, env = {}, dotenv, named }: Given): Loaded {
  const further = new Map<string, ConfigText | null>();
  for (;;) {
    try {
      return loadConfig({
        files: Object.entries(files).map(([name, text]) => configText(name, text)),
        ...{ dir: DIR, env, home: '/home/ann', further, outside: outside !== undefined },
        variables: Object.entries(named ?? (dotenv === undefined ? {} : { [`${DIR}/.env`]: dotenv })).map(
          ([path, text]) => ({ path, text }),
        ),
      });
    } catch (error) {
      if (!(error instanceof FilesNeeded)) throw error;
      for (const path of error.paths) {
        const text = outside?.[path];
        if (text !== undefined) {
          const parse = PARSERS[path.endsWith('.toml') ? 'toml' : 'yaml'];
          further.set(path, { path, text, parse, outside: { path, digest: `digest of ${text}` } });
          continue;
        }
        const name = path.slice(DIR.length + 1);
        further.set(path, others[name] === undefined ? null : configText(name, others[name]));
      }
    }
  }
}

export const machinesOf = (given: Given): Record<string, VmConfig> =>
  Object.fromEntries(loadFiles(given).desired.vms.map((vm) => [vm.name, vm]));

/** What is said about it, as a terminal without colours shows it. */
export function filesFaults(given: Given): string {
  try {
    loadFiles(given);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.diagnostics.map((d) => renderDiagnostic(d, error.sources, { color: false, cwd: DIR })).join('\n');
  }
  return 'no fault';
}
