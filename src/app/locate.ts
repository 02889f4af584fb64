/** Which project a command is about: the one around the working directory, or one that it names. */
import { realpath } from 'node:fs/promises';
import { findConfigs, type FoundConfigs } from '../host/config-files.ts';
import { knownProjectAt } from '../host/known-projects.ts';
import { hostEnv, type HostEnv, type ProjectPlace } from '../host/paths.ts';
import { runAsOfGone, settleRunAs } from '../host/run-as.ts';
import type { RunAs } from '../model/capabilities.ts';
import { AiVmError } from '../model/errors.ts';
import { adHocFile } from './ad-hoc.ts';
import type { Where } from './context.ts';
import { exists, noFileIn, projectElsewhere } from './elsewhere.ts';
import { namedFiles } from './load.ts';

export interface Located {
  /** null: gone or not to be read, but this host knows a project here. */
  readonly found: FoundConfigs | null;
  readonly problem: AiVmError | null;
  readonly known: ProjectPlace | null;
  /** The file is one that was made from flags, or is to be. */
  readonly adHoc: boolean;
  /** Real path. */
  readonly dir: string;
  readonly runAs: RunAs;
  readonly env: HostEnv;
  readonly gone: boolean;
}

const noStdin = (): Promise<string> => Promise.reject(new AiVmError('usage', 'there is no stdin to read from'));

/** Where we are. Machines of a project whose file was deleted go on running: they can still be looked at and stopped. */
export async function locate(where: Where): Promise<Located> {
  const { cwd, files: options = [], env: variables, stdin = noStdin, given, anywhere, projectName } = where;
  const files = namedFiles(options, variables);
  const elsewhere =
    files.length === 0 && anywhere === true ? await projectElsewhere(projectName, cwd, hostEnv()) : null;
  if (elsewhere && !(await exists(elsewhere.dir))) return locateGone(elsewhere);
  let found: FoundConfigs | null = null;
  let problem: AiVmError | null = null;
  try {
    found = await findConfigs({ cwd: elsewhere?.dir ?? cwd, files, stdin });
    // A file above it is that of another project.
    if (elsewhere && found.dir !== elsewhere.dir) throw noFileIn(elsewhere);
  } catch (error) {
    if (!(error instanceof AiVmError) || files.length > 0) throw error;
    found = null;
    problem = error;
  }
  const place = found?.dir ?? elsewhere?.dir ?? cwd;
  const dir = await realpath(place).catch((cause: unknown) => {
    throw new AiVmError('config.not-found', `there is no directory ${place}`, {
      fix: 'Go to one that is there, or name one with -C.',
      cause,
    });
  });
  // Before anything else is read or written: a root that works for a user becomes that user.
  const runAs = await settleRunAs(dir);
  const env = hostEnv();
  if (!problem) return { found, problem, known: null, adHoc: false, dir, runAs, env, gone: false };
  const before = await knownProjectAt(dir, env);
  const made = problem.code === 'config.not-found' ? await adHocFile(before, dir, env, given !== undefined) : null;
  const known = made?.place ?? before;
  if (!known) throw problem;
  return {
    found: made ? { files: [made.file], dir: known.dir, named: false } : found,
    problem: made ? null : problem,
    known,
    adHoc: made !== null,
    dir: known.dir,
    runAs: known.dir === dir ? runAs : await settleRunAs(known.dir),
    env,
    gone: false,
  };
}

async function locateGone(place: ProjectPlace): Promise<Located> {
  const { dir } = place;
  return {
    ...{ found: null, problem: noFileIn(place), known: place, adHoc: false, gone: true },
    ...{ dir, runAs: await runAsOfGone(dir), env: hostEnv() },
  };
}
