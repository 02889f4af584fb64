/**
 * Machines that no file of the project's declares. What `up` was told by flags is kept on this host as a configuration that
 * says the same, so that every other verb finds it in the place of a file.
 */
import { basename } from 'node:path';
import { addMachine, machinesOf } from '../config/bare.ts';
import { checkMachine, projectName } from '../config/names.ts';
import type { Parser } from '../config/parser.ts';
import type { Settings } from '../config/settings.ts';
import type { Parsed } from '../config/source.ts';
import { findConfigs, type ConfigFileText } from '../host/config-files.ts';
import { projectPaths, type HostEnv, type ProjectPlace } from '../host/paths.ts';
import type { Desired } from '../model/desired.ts';
import { AiVmError } from '../model/errors.ts';

export interface AdHoc {
  /** What is kept now, with the flags of this command over it. */
  reload(): Promise<Desired>;
}

export const DEFAULT_MACHINE = 'dev';

/** The same parser, for a file in which flags may make a machine: the one that they name, or the first one. */
export const withMachine =
  (parse: Parser, { name }: Settings): Parser =>
  (text, report) => {
    const parsed = parse(text, report);
    // What is wrong with a name is said of the flag.
    if (!parsed || (name !== undefined && 'fault' in checkMachine(name))) return parsed && addFirst(parsed);
    return name === undefined ? addFirst(parsed) : addMachine(parsed, name);
  };

const addFirst = (parsed: Parsed): Parsed =>
  machinesOf(parsed).length > 0 ? parsed : addMachine(parsed, DEFAULT_MACHINE);

/** JSON is YAML. */
const emptyFile = ({ name, location }: ProjectPlace): string => JSON.stringify({ name, location, vms: {} });

/**
 * What is kept of the project at or above `dir`; where nothing is, and flags may make one, a configuration without machines.
 * @param known the nearest project that this host knows
 * @param dir real path
 */
export async function adHocFile(
  known: ProjectPlace | null,
  dir: string,
  env: HostEnv,
  mayMake: boolean,
): Promise<{ readonly file: ConfigFileText; readonly place: ProjectPlace } | null> {
  const kept = known && (await readKept(known, env));
  if (kept) return { file: kept, place: known };
  if (!mayMake) return null;
  const place: ProjectPlace =
    known?.dir === dir ? known : { name: projectName(basename(dir)) || 'project', dir, location: 'user' };
  return { file: { path: projectPaths(place, env).adHoc, dir, text: emptyFile(place) }, place };
}

async function readKept(place: ProjectPlace, env: HostEnv): Promise<ConfigFileText | null> {
  const path = projectPaths(place, env).adHoc;
  try {
    const { files } = await findConfigs({ cwd: '/', files: [path], stdin: () => Promise.resolve('') });
    return { ...files[0]!, dir: place.dir };
  } catch (error) {
    if (error instanceof AiVmError && error.code === 'config.not-found') return null;
    throw error;
  }
}
