/**
 * After its checks, `exec` leaves what the next one needs to do without Node: docs/adr/0024-exec-without-node.md. All that it
 * depends on has to be as it was before the first of the checks.
 */
import { mkdir, realpath, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ownDirectory } from '../../host/directories.ts';
import { gatewayOf } from '../../host/gateway-process.ts';
import { mayBeHeld } from '../../host/lock.ts';
import { recipePath } from '../../host/paths.ts';
import type { ProcessId } from '../../model/machine.ts';
import type { Context } from '../context.ts';
import { hearing, type Env, type Heard } from '../heard.ts';
import { lineArgv, type Login } from '../ssh.ts';
import { sourcesOf } from './sources.ts';
import { canAsk, recipeText, type Recipe } from './text.ts';

/** What an `exec` without options began with. */
export interface Beginning {
  /** Milliseconds since 1970, before anything was looked at. */
  readonly at: number;
  readonly cwd: string;
  readonly uid: number;
  /** What the project was found and read with. */
  readonly heard: Heard;
}

/** Before anything else. */
export const beginningOf = (cwd: string, env: Env): Beginning => ({
  at: Date.now(),
  cwd,
  uid: process.getuid?.() ?? -1,
  heard: hearing(env),
});

/** Variables that decide where things are, asked for apart from the project. */
const PLACES = ['HOME', 'AI_VM_HOME', 'XDG_DATA_HOME', 'XDG_CACHE_HOME', 'XDG_RUNTIME_DIR'];

/** So many seconds are taken off: file systems round times down, some of them to two seconds. */
const ROUNDED = 2;

/** So long is believed what was seen of QEMU: it may come to stand still by itself, and only its monitor tells (seconds). */
const BELIEVED = 10;

/** The command line that this is: the launcher reads no other's. */
const BUILD = basename(import.meta.filename);

/** Whether the launcher would look there. */
const isKnown = (runtimeHome: string, uid: number, { XDG_RUNTIME_DIR: dir }: NodeJS.ProcessEnv): boolean =>
  runtimeHome === (uid === 0 ? '/run/ai-vm' : dir && join(dir, 'ai-vm'));

/** What leaves the recipe for a machine that was looked at since. It never rejects: without a recipe the next one is Node's too. */
export type Leave = (target: Login) => Promise<void>;

/** To be awaited before the machine is looked at. @returns undefined: there is to be none */
export async function prepareRecipe(context: Context, beginning: Beginning): Promise<Leave | undefined> {
  // Who took the lock before the beginning and has it still may change the machine when it has been looked at. Whoever takes it from now
  // on writes into its file.
  if (await mayBeHeld(context.project.paths.lock)) return undefined;
  return (target) => leaveRecipe(context, target, beginning).catch(() => undefined);
}

async function leaveRecipe(context: Context, target: Login, beginning: Beginning): Promise<void> {
  const { env, paths } = context.project;
  const { uid, cwd, at } = beginning;
  // A root that has become somebody else leaves nothing for root.
  if (process.getuid?.() !== uid || !isKnown(env.runtimeHome, uid, process.env)) return;
  const recipe = await recipeOf(context, target, beginning);
  if (!recipe) return;
  const path = recipePath(env, cwd, target.vm, BUILD);
  const second = Math.floor(at / 1000);
  await ownDirectory(paths.recipes.all, 0o700);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeAt(path, recipeText(recipe), second - ROUNDED);
  await writeAt(`${path}.until`, '', second + BELIEVED);
}

/** @returns null: what was found out now says nothing of the next time */
export async function recipeOf(context: Context, target: Login, { cwd, heard }: Beginning): Promise<Recipe | null> {
  const { project } = context;
  const { vm, seen } = target;
  const { loaded, problem, desired } = project;
  // Files of variables from anywhere.
  if (heard.env['AI_VM_ENV_FILE']) return null;
  // What is said each time needs Node each time.
  if (problem ?? project.adHoc ?? !(loaded && desired && loaded.warnings.length === 0)) return null;
  if (seen.state !== 'running' || seen.problem !== null || seen.applied === null || seen.applied.frozen) return null;
  if ((await realpath(cwd).catch(() => null)) !== cwd) return null;
  const machine = project.machine(vm);
  const [unchanged, processes] = await Promise.all([
    sourcesOf(project, machine, cwd),
    processesOf(target, machine.run),
  ]);
  if (!unchanged || !processes) return null;
  const variables = variablesOf([...PLACES, ...heard.names()], heard);
  const secrets = new Set(desired.vms.flatMap((each) => (each.secrets ?? []).map(({ from }) => from)));
  // The value of a secret is written nowhere.
  if (!canAsk([...variables.keys()]) || [...variables].some(([name, value]) => value !== null && secrets.has(name)))
    return null;
  const argv = lineArgv(context, target, { user: null }, false, '');
  return { variables, unchanged, processes, socket: machine.sshControl, argv };
}

function variablesOf(names: readonly string[], { env }: Heard): Map<string, string | null> {
  return new Map(names.map((name) => [name, env[name] ?? null]));
}

async function processesOf({ seen }: Login, run: string): Promise<readonly ProcessId[] | null> {
  const { process: qemu, sightings } = seen;
  if (!qemu) return null;
  if (sightings.gateway === null) return [qemu];
  const gateway = await gatewayOf(run);
  return gateway && sightings.gateway.is === 'there' ? [qemu, gateway] : null;
}

/** Whole or not at all, with a time of change in seconds since 1970. */
async function writeAt(path: string, text: string, time: number): Promise<void> {
  const partial = `${path}.${process.pid}`;
  try {
    await writeFile(partial, text, { mode: 0o600, flag: 'wx' });
    await utimes(partial, time, time);
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
}
