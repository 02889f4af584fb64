/** Which machines a command is about. */
import { machinesIn } from '../host/known-projects.ts';
import { closest } from '../model/closest.ts';
import type { VmConfig } from '../model/desired.ts';
import { AiVmError, ConfigError } from '../model/errors.ts';
import { requireDesired, type Context } from './context.ts';
import { forksOf } from './forks.ts';

/** Machines with a directory on this host, declared or not: also those that left the file. */
export function existing(context: Context): Promise<string[]> {
  return machinesIn(context.project.paths.state);
}

export const declared = (context: Context): string[] => (context.project.desired?.vms ?? []).map((vm) => vm.name);

/** Declared or existing. Sorted. */
export const machines = async (context: Context): Promise<string[]> =>
  [...new Set([...declared(context), ...(await existing(context))])].sort();

/** Machines that take part when nobody names any: without profiles, or with one that is active. */
export function activeMachines({ project: { desired, profiles } }: Context): string[] {
  const takesPart = ({ profiles: own }: VmConfig): boolean =>
    own.length === 0 || profiles.includes('*') || own.some((name) => profiles.includes(name));
  return (desired?.vms ?? []).filter(takesPart).map((vm) => vm.name);
}

/** And those that they depend on, whatever profiles these have. */
function withDependencies(context: Context, names: readonly string[]): string[] {
  const needs = new Map(
    (context.project.desired?.vms ?? []).map((vm) => [vm.name, vm.dependsOn.map((each) => each.vm)]),
  );
  const all = new Set(names);
  for (const name of all) for (const need of needs.get(name) ?? []) all.add(need);
  return [...all].sort();
}

/** The active machines and those that they depend on. Sorted. */
export const takingPart = (context: Context): string[] => withDependencies(context, activeMachines(context));

/** Checks names against what there is; without names, all of it. */
export function choose(names: readonly string[], known: readonly string[]): string[] {
  for (const name of names) {
    if (known.includes(name)) continue;
    const meant = closest(name, known);
    throw new AiVmError('machine.unknown', `there is no machine "${name}"`, {
      fix: meant
        ? `Did you mean ${meant}?`
        : `The machines of this project: ${[...known].sort().join(', ') || 'none'}.`,
    });
  }
  return [...new Set(names.length > 0 ? names : known)].sort();
}

/** Only what is named: nothing where nothing is. */
export const namedOf = (names: readonly string[], known: readonly string[]): Set<string> =>
  new Set(names.length > 0 ? choose(names, known) : []);

/** The same as chooseDeclared, with the machines that those depend on: what is started has to have them. */
export const chooseToStart = async (context: Context, names: readonly string[]): Promise<string[]> =>
  withDependencies(context, await chooseDeclared(context, names));

/**
 * Declared machines, and forks where they are named, for the commands that need a sound file. Without names: the active ones.
 * @throws ConfigError; AiVmError machine.unknown, also for a machine that left the file and still exists
 */
export async function chooseDeclared(context: Context, names: readonly string[]): Promise<string[]> {
  const forks = (await forksOf(context, names)).map((vm) => vm.name);
  const known = [...requireDesired(context).vms.map((vm) => vm.name), ...forks];
  const unknown = names.filter((name) => !known.includes(name));
  const left = unknown.length > 0 ? (await existing(context)).find((name) => unknown.includes(name)) : undefined;
  if (left === undefined) return choose(names, names.length > 0 ? known : activeMachines(context));
  throw new AiVmError('machine.unknown', `${left} is not in the file any more`, {
    vm: left,
    why: 'It still exists on this host, with its disk.',
    fix: `ai-vm down ${left} stops it, ai-vm rm ${left} deletes its disk; or declare it again.`,
  });
}

/** That the file does not count, in one line: what follows is what this host knows. */
function warnOfFile({ project: { problem, dir }, emit }: Context): void {
  if (!problem) return;
  const first = problem instanceof ConfigError ? problem.diagnostics.find((d) => d.severity === 'error') : undefined;
  const at = first?.position ? `${first.position.file}:${first.position.line}:${first.position.column}: ` : '';
  emit({
    type: 'warning',
    message: `${at}${first?.message ?? problem.message}; going by what this host knows of the project in ${dir}`,
  });
}

/** Declared and existing machines, for the commands that work without a sound file. */
export async function chooseAny(context: Context, names: readonly string[]): Promise<string[]> {
  warnOfFile(context);
  return choose(names, await machines(context));
}

/** The one machine that is meant: the named one, or the only one there is. */
export async function onlyMachine(context: Context, name: string | undefined): Promise<string> {
  const all = await chooseAny(context, name === undefined ? [] : [name]);
  if (all.length === 1) return all[0]!;
  throw new AiVmError('usage', all.length === 0 ? 'there is no machine' : 'there are several machines: say which', {
    fix: all.length === 0 ? 'ai-vm up' : `One of: ${all.join(', ')}`,
  });
}
