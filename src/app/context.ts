/** The one place where the parts are put together: from a working directory to a project and what works on it. */
import { readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Loaded } from '../config/load.ts';
import { projectName } from '../config/names.ts';
import { anyGiven, overrides, type Settings } from '../config/settings.ts';
import type { FoundConfigs } from '../host/config-files.ts';
import { prepareProject } from '../host/directories.ts';
import { localAccounts } from '../host/accounts.ts';
import { adHocFile, withMachine, type AdHoc } from './ad-hoc.ts';
import { loadChosen } from './default-image.ts';
import { FetchNotAllowed } from './fetch.ts';
import { loadProject } from './load.ts';
import { locate } from './locate.ts';
import { wordOf } from './word.ts';
import type { LockOptions } from '../host/lock.ts';
import { hash8, machinePaths, projectPaths, projectsDir, type HostEnv, type ProjectPlace } from '../host/paths.ts';
import type { ShareContext } from '../host/shares.ts';
import type { Ask } from '../model/approval.ts';
import type { Capabilities, RunAs } from '../model/capabilities.ts';
import type { Desired } from '../model/desired.ts';
import type { Emit } from '../model/events.ts';
import type { MachinePaths, ProjectPaths } from '../model/machine.ts';
import { AiVmError, ConfigError } from '../model/errors.ts';

export interface Project {
  readonly name: string;
  /** Active ones. */
  readonly profiles: readonly string[];
  /** Real path. */
  readonly dir: string;
  readonly home: string;
  readonly file: string;
  /** null: the file is not sound, or gone; `problem` says why. */
  readonly desired: Desired | null;
  /** What else is known of the files that `desired` comes from. */
  readonly loaded: Loaded | null;
  readonly problem: AiVmError | null;
  /** Its directory does not exist any more. */
  readonly gone: boolean;
  /** null: a file of the project's declares its machines. */
  readonly adHoc: AdHoc | null;
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
  readonly env: Where['env'];
  /** Whether flags say more than the file. */
  readonly given: boolean;
  /** What the user's own flags ask of this host: saying it on the command line is consent to it. */
  readonly word: readonly Ask[];
  /** Probed once, at the first need. */
  capabilities(): Promise<Capabilities>;
  /** Makes the directories that state is written to; reading verbs never need it. */
  prepare(): Promise<void>;
}

export interface Where {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Configuration files that the user names; `-` is stdin. */
  readonly files?: readonly string[];
  readonly envFiles?: readonly string[];
  readonly projectName?: string | undefined;
  /** The name may be that of a project elsewhere on this host, also of one whose directory is gone. */
  readonly anywhere?: boolean;
  readonly profiles?: readonly string[];
  readonly stdin?: () => Promise<string>;
  /** Flags over the file; without a file, what an ad-hoc machine is. */
  readonly given?: Given | undefined;
  /** What this process does, such as `ai-vm up`: told to whoever waits for its lock. */
  readonly command: string;
  readonly signal: AbortSignal;
  readonly emit: Emit;
}

export interface Given {
  readonly settings: Settings;
  /** The machines that they are for; empty: all. */
  readonly vms: readonly string[];
}

const commaList = (text: string | undefined): string[] => (text ?? '').split(',').flatMap((each) => each.trim() || []);

/** A file that is not sound still names a project: its machines can be looked at and stopped. */
async function nameOfBroken(dir: string, env: HostEnv): Promise<string> {
  const suffix = `-${hash8(dir)}`;
  const known = await readdir(projectsDir(env)).catch(() => []);
  const found = known.find((entry) => entry.endsWith(suffix));
  return found ? found.slice(0, -suffix.length) : projectName(basename(dir));
}

/** With these a project is one whose machines can be looked at and stopped. */
const isOfFile = (error: AiVmError): boolean =>
  error instanceof ConfigError || error instanceof FetchNotAllowed || error.code === 'config.unreachable';

/** @throws AiVmError config.not-found, config.unreadable, host.path; usage for a name that several projects have */
export async function openContext(opened: Where): Promise<Context> {
  const given = opened.given && anyGiven(opened.given.settings) ? opened.given : undefined;
  const where = { ...opened, given };
  const { signal, emit } = where;
  const { found, known, dir, runAs, env, adHoc, gone, ...located } = await locate(where);
  const home = process.env['HOME'] ?? '/';
  const homes = (await localAccounts()).map((account) => account.home).concat(home);

  const over = given && overrides(given.settings, { dir: where.cwd, home }, given.vms);
  const outside = { host: env, env: where.env, signal, emit };
  const placeFor = (desired: Desired): ProjectPlace => known ?? { name: desired.name, dir, location: desired.location };
  const load = (from: FoundConfigs): Promise<Loaded> =>
    loadChosen(
      (providerOf) =>
        loadProject(from, {
          ...{ cwd: where.cwd, env: where.env, home, envFiles: where.envFiles ?? [], over, outside, providerOf },
          projectName: where.projectName ?? (where.env['AI_VM_PROJECT'] || undefined),
          ...(adHoc && given ? { through: (parse) => withMachine(parse, given.settings) } : {}),
        }),
      (loaded) => projectPaths(placeFor(loaded.desired), env),
      where.env,
    );
  let loaded: Loaded | null = null;
  let { problem } = located;
  try {
    if (found) {
      loaded = await load(found);
      for (const warning of loaded.warnings) {
        const at = warning.position ? `${warning.position.file}:${warning.position.line}: ` : '';
        emit({ type: 'warning', message: `${at}${warning.message}` });
      }
    }
  } catch (error) {
    if (!(error instanceof AiVmError && isOfFile(error))) throw error;
    problem = error;
  }
  const asking = problem instanceof FetchNotAllowed ? problem.project : null;
  const desired = loaded?.desired ?? null;
  const place: ProjectPlace = desired
    ? placeFor(desired)
    : (known ?? asking ?? { name: await nameOfBroken(dir, env), dir, location: 'user' });
  const paths = projectPaths(place, env);
  /** What was kept may have changed since it was read. */
  const reload = async (): Promise<Desired> => {
    const now = await adHocFile(place, dir, env, true);
    return (await load({ files: [now!.file], dir, named: false })).desired;
  };
  const probe = async (): Promise<Capabilities> => {
    const { hostCapabilities } = await import('./capabilities.ts');
    return hostCapabilities({ runAs, cacheDir: env.cacheHome, env: where.env, signal });
  };
  let capabilities: Promise<Capabilities> | undefined;
  const context: Context = {
    project: {
      profiles: where.profiles?.length ? where.profiles : commaList(where.env['AI_VM_PROFILES']),
      ...{
        name: place.name,
        dir,
        home,
        file: found?.files[0]?.path ?? dir,
        desired,
        loaded,
        problem,
        gone,
        place,
        env,
        paths,
        runAs,
      },
      adHoc: adHoc ? { reload } : null,
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
    env: where.env,
    given: given !== undefined,
    word: over && desired ? wordOf(over, desired) : [],
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
    // What lies in a directory that is gone is gone with it.
    prepare: () =>
      gone && place.location === 'project' ? Promise.resolve() : prepareProject(place, paths, env, runAs),
  };
  return context;
}

/** @throws ConfigError with all that is wrong with the file, or why there is none */
export function requireDesired(context: Context): Desired {
  const { desired, problem } = context.project;
  if (desired) return desired;
  throw problem ?? new Error('a project without configuration and without a problem');
}
