/** A machine's files on the host, found by looking: what a scenario checks beside what the commands say. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Sandbox } from './sandbox.ts';

/** The directory of a machine's disk, keys and logs. `project` is needed when the sandbox holds several. */
export function machineDir(box: Sandbox, vm: string, project = ''): string {
  const projects = join(box.home, 'projects');
  const found = readdirSync(projects).filter((name) => name.startsWith(project));
  if (found.length !== 1) throw new Error(`not one project of that name: ${found.join(', ') || 'none'}`);
  return join(projects, found[0] ?? '', vm);
}

/** Names of the layers that disks of the sandbox's one project stand on. */
export function layersOf(box: Sandbox): string[] {
  const dir = machineDir(box, '.layers');
  return existsSync(dir) ? readdirSync(dir) : [];
}

/** A state file such as `identity.json`. Throws when it is missing or not a JSON object. */
export function stateFile(dir: string, name: string): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(readFileSync(join(dir, name), 'utf8'));
  if (typeof value !== 'object' || value === null) throw new Error(`${name} holds no object`);
  return value as Record<string, unknown>;
}

/** The arguments of a living process; empty when it is gone or a zombie. */
export function argumentsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    return [];
  }
}

/** What follows an option among arguments. Throws when it is not there. */
export function optionOf(argv: readonly string[], option: string): string {
  const value = argv[argv.indexOf(option) + 1];
  if (!argv.includes(option) || value === undefined) throw new Error(`${option} is not among the arguments`);
  return value;
}
