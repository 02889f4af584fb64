import { loadConfig, type Loaded } from '../../../src/config/load.ts';
import { parserFor } from '../../../src/config/parser.ts';
import { ConfigError } from '../../../src/model/errors.ts';
import { renderDiagnostic } from '../../../src/report/frame.ts';

export interface Around {
  readonly env?: Record<string, string>;
  readonly file?: string;
  readonly projectName?: string;
}

const PARSERS = { yaml: await parserFor('ai-vm.yaml'), toml: await parserFor('ai-vm.toml') };

/** A file in /home/ann/shop, as Ann loads it. */
export function load(text: string, { env = {}, file = 'ai-vm.yaml', projectName }: Around = {}): Loaded {
  return loadConfig({
    file: { path: `/home/ann/shop/${file}`, text },
    parse: PARSERS[file.endsWith('.toml') ? 'toml' : 'yaml'],
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
