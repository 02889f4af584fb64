/** Reads the files of a project, one after the other as they turn out to be needed, and understands them. */
import { createHash } from 'node:crypto';
import { delimiter, join, resolve } from 'node:path';
import { parserFor, type Parser } from '../config/parser.ts';
import type { ProviderName } from '../model/desired.ts';
import type { Overrides } from '../config/settings.ts';
import { isRemote } from '../config/include.ts';
import { FilesNeeded, loadConfig, type ConfigText, type Loaded, type VariablesText } from '../config/load.ts';
import { readBeside, readNamed, readOutside, type ConfigFileText, type FoundConfigs } from '../host/config-files.ts';
import { fetchAll, type FetchPlace } from './fetch.ts';
import { isWithin } from '../host/share-rules.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Files that the user names: by options, else by AI_VM_FILE. */
export const namedFiles = (options: readonly string[], env: Env): string[] =>
  options.length > 0 ? [...options] : listOf(env['AI_VM_FILE']);

export const listOf = (text: string | undefined): string[] =>
  (text ?? '').split(delimiter).filter((each) => each !== '');

export interface LoadOptions {
  readonly cwd: string;
  readonly env: Env;
  readonly home: string;
  /** Files of variables that the user names; empty: AI_VM_ENV_FILE, else `.env` of the project. */
  readonly envFiles: readonly string[];
  readonly projectName: string | undefined;
  /** Where files outside of the project come from: whoever says so asks for consent. null: none may be named. */
  readonly outside: FetchPlace | null;
  /** Flags over the machines. */
  readonly over?: Overrides | undefined;
  /** What a machine boots that declares no image; not there: Debian. */
  readonly providerOf?: ((vm: string) => ProviderName) | undefined;
  /** What is done to the parser of the main file. */
  readonly through?: (parse: Parser) => Parser;
}

async function variablesOf({ cwd, env, envFiles }: LoadOptions, dir: string): Promise<VariablesText[]> {
  const named = envFiles.length > 0 ? envFiles : listOf(env['AI_VM_ENV_FILE']);
  if (named.length > 0) {
    return Promise.all(
      named.map((name) => resolve(cwd, name)).map(async (path) => ({ path, text: await readNamed(path) })),
    );
  }
  const path = join(dir, '.env');
  const text = await readBeside(path, dir);
  return text === null ? [] : [{ path, text }];
}

const textOf = async ({ path, text }: ConfigFileText): Promise<ConfigText> => ({
  path,
  text,
  parse: await parserFor(path),
});

/** What its path in the repository ends with says what it is written in. */
const parseable = (name: string): string => name.slice(name.lastIndexOf(':') + 1);

/** A file that others name. What lies outside, wherever links lead, comes with what consent to it is keyed by. */
async function readFurther(path: string, dir: string): Promise<ConfigText | null> {
  if (isWithin(path, dir)) {
    const text = await readBeside(path, dir);
    return text === null ? null : { path, text, parse: await parserFor(path) };
  }
  const found = await readOutside(path, dir);
  if (found === null) return null;
  const { text, realPath } = found;
  const digest = createHash('sha256').update(text).digest('hex');
  return { path, text, parse: await parserFor(path), outside: { path: realPath, digest } };
}

/** @throws ConfigError; AiVmError config.unreadable */
export async function loadProject({ files, dir }: FoundConfigs, options: LoadOptions): Promise<Loaded> {
  const { env, home, projectName, providerOf, outside } = options;
  const read = await Promise.all(files.map(textOf));
  const { through = (parse: Parser): Parser => parse } = options;
  const texts = read.map((file, n) => (n === 0 ? { ...file, parse: through(file.parse) } : file));
  const variables = await variablesOf(options, dir);
  const further = new Map<string, ConfigText | null>();
  for (;;) {
    try {
      const name = projectName === undefined ? {} : { projectName };
      return loadConfig({
        files: texts,
        dir,
        env,
        variables,
        home,
        further,
        outside: outside !== null,
        over: options.over,
        providerOf,
        ...name,
      });
    } catch (error) {
      if (!(error instanceof FilesNeeded)) throw error;
      const remote = outside ? error.paths.filter(isRemote) : [];
      const place = { ...error.project, dir };
      // What lies here is read first: it may bring along more that is elsewhere, and all of it is asked for at once.
      const local = error.paths.filter((path) => !remote.includes(path));
      if (local.length === 0 && outside) {
        for (const [path, { text, commit }] of await fetchAll(remote, texts[0]!.path, place, outside)) {
          further.set(path, { path, text, parse: await parserFor(parseable(path)), outside: { path, digest: commit } });
        }
      }
      for (const path of local) {
        further.set(path, await readFurther(path, dir));
      }
    }
  }
}
