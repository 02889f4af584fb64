import type { Parsed, Report } from './source.ts';

/** Faults go to the report, and then the result may be undefined. */
export type Parser = (text: string, report: Report) => Parsed | undefined;

/** The parser of a file: TOML for `.toml`, YAML for any other. Only the one that is wanted is loaded. */
export async function parserFor(path: string): Promise<Parser> {
  if (path.endsWith('.toml')) return (await import('./parse-toml.ts')).parseToml;
  return (await import('./parse-yaml.ts')).parseYaml;
}
