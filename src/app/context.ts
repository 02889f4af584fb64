/** The one place where the parts are put together: from a working directory to a project and what works on it. */
import { readdir, realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import { loadConfig } from '../config/load.ts';
import { projectName } from '../config/names.ts';
import { parserFor } from '../config/parser.ts';
import { findConfig, type ConfigFileText } from '../host/config-files.ts';
import { prepareProject } from '../host/directories.ts';
import { localAccounts } from '../host/accounts.ts';
import { knownProjectAt } from '../host/known-projects.ts';
import type { LockOptions } from '../host/lock.ts';
import {
  hash8,
  hostEnv,
  machinePaths,
  projectPaths,
  projectsDir,
  type HostEnv,
  type ProjectPlace,
} from '../host/paths.ts';
import { settleRunAs } from '../host/run-as.ts';
import type { ShareContext } from '../host/shares.ts';
import type { Capabilities, RunAs } from '../model/capabilities.ts';
import type { Desired } from '../model/desired.ts';
import type { Emit } from '../model/events.ts';
import type { MachinePaths, ProjectPaths } from '../model/machine.ts';
import { AiVmError, ConfigError } from '../model/errors.ts';

export interface Project {
  readonly name: string;
  /** Real path. */
  readonly dir: string;
  readonly home: string;
  readonly file: string;
  /** null: the file is not sound, or gone; `problem` says why. */
  readonly desired: Desired | null;
  readonly problem: AiVmError | null;
  readonly place: ProjectPlace;
  readonly env: HostEnv;
  readonly paths: ProjectPaths;
  readonly runAs: RunAs;
  readonly judging: ShareContext;
  machine(vm: string): MachinePaths;
}

export interface Context {
  readonly project: Project;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  readonly lockOptions: LockOptions;
  /** Probed once, at the first need. */
  capabilities(): Promise<Capabilities>;
  /** Makes the directories that state is written to; reading verbs never need it. */
  prepare(): Promise<void>;
}

export interface Where {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly file: string | undefined;
  /** What this process does, such as `ai-vm up`: told to whoever waits for its lock. */
  readonly command: string;
  readonly signal: AbortSignal;
  readonly emit: Emit;
}

/** A file that is not sound still names a project: its machines can be looked at and stopped. */
async function nameOfBroken(dir: string, env: HostEnv): Promise<string> {
  const suffix = `-${hash8(dir)}`;
  const known = await readdir(projectsDir(env)).catch(() => []);
  const found = known.find((entry) => entry.endsWith(suffix));
  return found ? found.slice(0, -suffix.length) : projectName(basename(dir));
}

interface Located {
  /** null: gone or not to be read, but this host knows a project here. */
  readonly file: ConfigFileText | null;
  readonly problem: AiVmError | null;
  readonly known: ProjectPlace | null;
  /** Real path. */
  readonly dir: string;
  readonly runAs: RunAs;
  readonly env: HostEnv;
}

/** Where we are. Machines of a project whose file was deleted go on running: they can still be looked at and stopped. */
async function locate({ cwd, file: named }: Where): Promise<Located> {
  let file: ConfigFileText | null = null;
  let problem: AiVmError | null = null;
  try {
    file = await findConfig(cwd, named);
  } catch (error) {
    if (!(error instanceof AiVmError) || named !== undefined) throw error;
    problem = error;
  }
  const dir = await realpath(file?.dir ?? cwd);
  // Before anything else is read or written: a root that works for a user becomes that user.
  const runAs = await settleRunAs(dir);
  const env = hostEnv();
  if (!problem) return { file, problem, known: null, dir, runAs, env };
  const known = await knownProjectAt(dir, env);
  if (!known) throw problem;
  return { file, problem, known, dir: known.dir, runAs: known.dir === dir ? runAs : await settleRunAs(known.dir), env };
}

/** @throws AiVmError config.not-found, config.unreadable, host.path */
export async function openContext(where: Where): Promise<Context> {
  const { signal, emit } = where;
  const { file, known, dir, runAs, env, ...located } = await locate(where);
  const home = process.env['HOME'] ?? '/';
  const homes = (await localAccounts()).map((account) => account.home).concat(home);

  let desired: Desired | null = null;
  let { problem } = located;
  try {
    if (file) {
      const loaded = loadConfig({ file, parse: await parserFor(file.path), dir, env: where.env, home });
      desired = loaded.desired;
      for (const warning of loaded.warnings) {
        const at = warning.position ? `${warning.position.file}:${warning.position.line}: ` : '';
        emit({ type: 'warning', message: `${at}${warning.message}` });
      }
    }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problem = error;
  }
  const place: ProjectPlace = known ?? {
    name: desired?.name ?? (await nameOfBroken(dir, env)),
    dir,
    location: desired?.location ?? 'user',
  };
  const paths = projectPaths(place, env);
  const probe = async (): Promise<Capabilities> => {
    const { hostCapabilities } = await import('./capabilities.ts');
    return hostCapabilities({ runAs, cacheDir: env.cacheHome, env: where.env, signal });
  };
  let capabilities: Promise<Capabilities> | undefined;
  const context: Context = {
    project: {
      ...{ name: place.name, dir, home, file: file?.path ?? dir, desired, problem, place, env, paths, runAs },
      judging: {
        runAs,
        homes,
        projectDir: dir,
        stateDirs: [env.dataHome, env.cacheHome, env.runtimeHome, paths.state, paths.images],
      },
      machine: (vm) => machinePaths(paths, vm),
    },
    emit,
    signal,
    lockOptions: {
      signal,
      wait: true,
      command: where.command,
      onWait: (holder) =>
        emit({
          type: 'info',
          message: `waiting for ${holder ? `process ${holder.pid} (${holder.command})` : 'another command'}, which works on this project`,
        }),
    },
    capabilities: () => (capabilities ??= probe()),
    prepare: () => prepareProject(place, paths, env, runAs),
  };
  return context;
}

/** @throws ConfigError with all that is wrong with the file, or why there is none */
export function requireDesired(context: Context): Desired {
  const { desired, problem } = context.project;
  if (desired) return desired;
  throw problem ?? new Error('a project without configuration and without a problem');
}
