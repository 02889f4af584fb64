/** The one place where the parts are put together: from a working directory to a project and what works on it. */
import { readdir, realpath } from 'node:fs/promises';
import { basename } from 'node:path';
import { loadConfig } from '../config/load.ts';
import { projectName } from '../config/names.ts';
import { findConfig } from '../host/config-files.ts';
import { prepareProject } from '../host/directories.ts';
import { localAccounts } from '../host/accounts.ts';
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
import { ConfigError } from '../model/errors.ts';
import { hostCapabilities } from './capabilities.ts';

export interface Project {
  readonly name: string;
  /** Real path. */
  readonly dir: string;
  readonly home: string;
  readonly file: string;
  /** null: the file is not sound; `problem` says why. */
  readonly desired: Desired | null;
  readonly problem: ConfigError | null;
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

/** @throws AiVmError config.not-found, config.unreadable, host.path */
export async function openContext(where: Where): Promise<Context> {
  const { signal, emit } = where;
  const file = await findConfig(where.cwd, where.file);
  const dir = await realpath(file.dir);
  // Before anything else is read or written: a root that works for a user becomes that user.
  const runAs = await settleRunAs(dir);
  const env = hostEnv();
  const home = process.env['HOME'] ?? '/';
  const homes = (await localAccounts()).map((account) => account.home).concat(home);

  let desired: Desired | null = null;
  let problem: ConfigError | null = null;
  try {
    const loaded = loadConfig({ file, dir, env: where.env, home });
    desired = loaded.desired;
    for (const warning of loaded.warnings) {
      const at = warning.position ? `${warning.position.file}:${warning.position.line}: ` : '';
      emit({ type: 'warning', message: `${at}${warning.message}` });
    }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problem = error;
  }
  const place: ProjectPlace = {
    name: desired?.name ?? (await nameOfBroken(dir, env)),
    dir,
    location: desired?.location ?? 'user',
  };
  const paths = projectPaths(place, env);
  let capabilities: Promise<Capabilities> | undefined;
  const context: Context = {
    project: {
      ...{ name: place.name, dir, home, file: file.path, desired, problem, place, env, paths, runAs },
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
    capabilities: () => (capabilities ??= hostCapabilities({ runAs, cacheDir: env.cacheHome, env: where.env, signal })),
    prepare: () => prepareProject(place, paths, env, runAs),
  };
  return context;
}

/** @throws ConfigError with all that is wrong with the file */
export function requireDesired(context: Context): Desired {
  const { desired, problem } = context.project;
  if (desired) return desired;
  throw problem ?? new Error('a project without configuration and without a problem');
}
