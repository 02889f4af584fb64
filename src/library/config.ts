/**
 * `ai-vm/config`: the language of the file, for other tools. See docs/library.md. What is exported here is stable within a
 * major version; all sizes are bytes, all times milliseconds, all paths absolute.
 */
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { loadProject } from '../app/load.ts';
import { parseDotenv as readDotenv } from '../config/dotenv.ts';
import { mergePlain, type Where } from '../config/plain.ts';
import { substitute } from '../config/template.ts';
import { SCHEMA_TEXT } from '../generated/schema.ts';
import { findConfigs } from '../host/config-files.ts';
import type { ConfigFile } from '../generated/config.ts';
import type { Desired } from '../model/desired.ts';
import type { Diagnostic, Position } from '../model/errors.ts';

export { DotenvError } from '../config/dotenv.ts';
export { TemplateError } from '../config/template.ts';
export { AiVmError, ConfigError } from '../model/errors.ts';
export { renderError } from '../report/errors.ts';
export type { ConfigFile, Desired, Diagnostic, Position, Where };
export type * from '../model/desired.ts';

/** Variables by name; undefined is not set. */
export type Env = Readonly<Record<string, string | undefined>>;

export interface LoadOptions {
  /** Where the file is looked for, upwards; and what relative `files` and `envFiles` count from. Default: the working directory. */
  readonly cwd?: string;
  /** Files in the place of those that would be found, each laid over those before it. */
  readonly files?: readonly string[];
  /** Files of variables in the place of `.env`; later ones win. */
  readonly envFiles?: readonly string[];
  /** Beats files of variables. Default: the environment of the process. */
  readonly env?: Env;
  /** What `~` stands for. Default: the home directory of the user. */
  readonly home?: string;
  /** Beats the file's own `name`. */
  readonly projectName?: string;
}

export interface LoadedConfig {
  readonly desired: Desired;
  readonly warnings: readonly Diagnostic[];
  /** Where each value comes from; what is not here is a default. */
  readonly origins: readonly {
    /** Such as `vms.web.ports[0]`. */
    readonly field: string;
    readonly value: string | number | boolean | null;
    readonly position: Position | undefined;
  }[];
}

/**
 * A project as `ai-vm` understands it: its files are found, their variables replaced, and all of them laid together and checked.
 * AI_VM_FILE and its like are for the command line, and say nothing here.
 * @throws ConfigError with all that is wrong, each with its place; AiVmError config.not-found, config.unreadable
 */
export async function load(options: LoadOptions = {}): Promise<LoadedConfig> {
  const cwd = resolve(options.cwd ?? '.');
  const stdin = (): Promise<string> => Promise.resolve('');
  const found = await findConfigs({ cwd, files: (options.files ?? []).map((file) => resolve(cwd, file)), stdin });
  const { desired, warnings, origins } = await loadProject(found, {
    cwd,
    env: options.env ?? process.env,
    home: options.home ?? homedir(),
    envFiles: options.envFiles ?? [],
    // Nobody has been asked.
    outside: null,
    projectName: options.projectName,
  });
  return {
    desired,
    warnings,
    origins: origins().map(({ field, value, place }) => ({ field, value, position: place })),
  };
}

/**
 * A text with its variables replaced, by Compose's rules; what is not set is empty.
 * @throws TemplateError for what is no variable, and for a required one that is missing; it has the place in the text
 */
export const interpolate = (template: string, env: Env): string =>
  substitute(template, (name) => (Object.hasOwn(env, name) ? env[name] : undefined)).text;

/**
 * The variables of a file such as `.env`, by Compose's rules. Those of `env` beat those of the file where one is drawn into another.
 * @throws DotenvError with the place in the text
 */
export function parseDotenv(text: string, env: Env = {}): Record<string, string> {
  const found = readDotenv(text, (name) => (Object.hasOwn(env, name) ? env[name] : undefined));
  return Object.fromEntries([...found].map(([name, { value }]) => [name, value]));
}

/**
 * A file laid over another one, as an override file is: mappings key by key, ports by their host side, shares by their mount point, other
 * lists one after the other, `unset` first. Machines come out in their canonical form. Nothing is checked: `load` does that.
 * @param where what paths of shares count from
 * @throws TypeError when one of the two is no mapping
 */
export const merge = (lower: ConfigFile, upper: ConfigFile, where: Where = { dir: '/', home: '/' }): ConfigFile =>
  mergePlain(lower, upper, where) as ConfigFile;

/** The JSON Schema (draft 7) of the file. A new value at each call. */
export const schema = (): Record<string, unknown> => JSON.parse(SCHEMA_TEXT) as Record<string, unknown>;
