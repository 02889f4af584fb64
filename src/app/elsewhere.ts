/** Projects of this host by their name, from wherever one is: `down -p shop`. */
import { access, realpath } from 'node:fs/promises';
import { knownProjects, type KnownProject } from '../host/known-projects.ts';
import type { HostEnv, ProjectPlace } from '../host/paths.ts';
import { isWithin } from '../host/share-rules.ts';
import { AiVmError } from '../model/errors.ts';

export const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** What stands for a project in a command: its name, or where another one is called the same, its name and hash. */
export const callName = ({ id, name }: KnownProject, all: readonly KnownProject[]): string =>
  all.filter((other) => other.name === name).length > 1 ? id : name;

export const noFileIn = ({ dir, name }: ProjectPlace): AiVmError =>
  new AiVmError('config.not-found', `there is no ai-vm.yaml or ai-vm.toml in ${dir}`, {
    why: `This host knows a project ${name} there.`,
    fix: `ai-vm down -p ${name} stops its machines, ai-vm rm -p ${name} deletes them.`,
  });

/**
 * The project that is meant, unless it is the one around `cwd`, which is found as ever.
 * @throws AiVmError usage when several are called so
 */
export async function projectElsewhere(
  wanted: string | undefined,
  cwd: string,
  env: HostEnv,
): Promise<ProjectPlace | null> {
  if (wanted === undefined) return null;
  const here = await realpath(cwd).catch(() => cwd);
  const named = (await knownProjects(env)).filter(({ id, name }) => name === wanted || id === wanted);
  const [first, ...others] = named;
  if (!first || named.some(({ dir }) => isWithin(here, dir))) return null;
  if (others.length === 0) return { name: first.name, dir: first.dir, location: first.location };
  throw new AiVmError('usage', `several projects of this host are called ${wanted}`, {
    why: named.map(({ id, dir }) => `${id} is the one in ${dir}`).join('\n'),
    fix: 'Say which: -p with the longer name.',
  });
}
