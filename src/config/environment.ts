/** Variables that a file's text may hold: those of the environment, and under them those of files such as `.env`. */
import type { Dotenv } from './dotenv.ts';

export type Env = Readonly<Record<string, string | undefined>>;

export interface Variable {
  readonly value: string;
  /** Variables of the environment whose values are in this one: itself, or what a file has drawn into it. */
  readonly drawn: readonly string[];
}

export interface Variables {
  readonly get: (name: string) => Variable | undefined;
  readonly names: () => readonly string[];
}

/** The environment wins, even with an empty value; then the later file. */
export function variablesOf(env: Env, files: readonly Dotenv[] = []): Variables {
  const ofFiles = new Map(files.flatMap((file) => [...file]));
  const own = (name: string): string | undefined => (Object.hasOwn(env, name) ? env[name] : undefined);
  return {
    get: (name) => {
      const value = own(name);
      return value === undefined ? ofFiles.get(name) : { value, drawn: [name] };
    },
    names: () => [...new Set([...Object.keys(env), ...ofFiles.keys()])],
  };
}

/** Those of `below` where `above` has none. */
export const variablesOver = (above: Variables, below: Variables): Variables => ({
  get: (name) => above.get(name) ?? below.get(name),
  names: () => [...new Set([...above.names(), ...below.names()])],
});
