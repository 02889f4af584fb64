/** `ls`: every project of this host, also those whose directory is gone. Needs no file. */
import { knownProjects, machinesIn } from '../host/known-projects.ts';
import { hostEnv, machinePaths, projectPaths, type HostEnv } from '../host/paths.ts';
import type { MachineState } from '../model/plan.ts';
import { observe } from '../reconcile/observe.ts';
import { callName, exists } from './elsewhere.ts';
import { runningWatch } from './watch/running.ts';

/** One project of `ls --format json`. */
export interface LsProject {
  /** What `-p` takes: the name, or where several projects have it, that and a hash. */
  readonly project: string;
  readonly name: string;
  readonly directory: string;
  /** Whether the directory is still there. */
  readonly exists: boolean;
  readonly machines: readonly LsMachine[];
  /** Process id of the watch that runs. */
  readonly watch: number | null;
}

interface LsMachine {
  readonly name: string;
  readonly state: MachineState;
  readonly pid: number | null;
  readonly suspended: boolean;
}

/** Reads only. Without machines, a project is listed only when `all` are asked for. */
export async function ls(all: boolean, env: HostEnv = hostEnv()): Promise<LsProject[]> {
  const known = await knownProjects(env);
  const projects = await Promise.all(
    known.map(async (place) => {
      const paths = projectPaths(place, env);
      const names = (await machinesIn(paths.state)).sort();
      const seen = await Promise.all(names.map((name) => observe(name, machinePaths(paths, name))));
      return {
        project: callName(place, known),
        ...{ name: place.name, directory: place.dir, exists: await exists(place.dir) },
        machines: seen
          .filter(({ state }) => state !== 'absent')
          .map(({ vm, state, process, suspended }) => ({ name: vm, state, pid: process?.pid ?? null, suspended })),
        watch: (await runningWatch(paths))?.pid ?? null,
      };
    }),
  );
  return projects.filter(({ machines }) => all || machines.length > 0);
}
