/** Which machines a command is about. */
import { readdir } from 'node:fs/promises';
import { closest } from '../model/closest.ts';
import { AiVmError } from '../model/errors.ts';
import type { Context } from './context.ts';

/** Machines with a directory on this host, declared or not: also those that left the file. */
export async function existing(context: Context): Promise<string[]> {
  const entries = await readdir(context.project.paths.state, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map((entry) => entry.name);
}

export const declared = (context: Context): string[] => (context.project.desired?.vms ?? []).map((vm) => vm.name);

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

/** Declared and existing machines, for the commands that work without a sound file. */
export async function chooseAny(context: Context, names: readonly string[]): Promise<string[]> {
  return choose(names, [...new Set([...declared(context), ...(await existing(context))])]);
}

/** The one machine that is meant: the named one, or the only one there is. */
export async function onlyMachine(context: Context, name: string | undefined): Promise<string> {
  const all = await chooseAny(context, name === undefined ? [] : [name]);
  if (all.length === 1) return all[0]!;
  throw new AiVmError('usage', all.length === 0 ? 'there is no machine' : 'there are several machines: say which', {
    fix: all.length === 0 ? 'ai-vm up' : `One of: ${all.join(', ')}`,
  });
}
