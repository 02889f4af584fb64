/** `kill -9` of a command at a moment that is named by what it has done, and not by the clock. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from '@jest/globals';
import { begin, cli } from './cli.ts';
import { inGuest, machine } from './guest.ts';
import { processesOf } from './leftovers.ts';
import type { Sandbox } from './sandbox.ts';
import { layersOf, machineDir, stateFile } from './state.ts';

const HOOK = pathToFileURL(resolve(import.meta.dirname, 'kill-point.mjs')).href;

/** At how many moments each command is killed: `all` is every one there is, `blockdev` every one whose name has that word. */
const MOMENTS = process.env['AI_VM_TEST_KILLS'] ?? '4';

type Env = Readonly<Record<string, string>>;

function hooked(box: Sandbox, env: Env, more: Env): Env {
  return { ...box.env, ...env, ...more, NODE_OPTIONS: `--import=${HOOK}` };
}

/** Runs a command to its end, which must be a good one: what it did to the world, in order. */
export async function effectsOf(box: Sandbox, args: readonly string[], env: Env = {}): Promise<string[]> {
  const file = join(box.dir, 'effects');
  rmSync(file, { force: true });
  const options = { cwd: box.project, as: box.user, env: hooked(box, env, { AI_VM_TEST_EFFECTS: file }) };
  const { code, stderr } = await cli([...args], options);
  if (code !== 0) throw new Error(`ai-vm ${args.join(' ')} ended with code ${code}\n${stderr}`);
  return readFileSync(file, 'utf8').trimEnd().split('\n');
}

/** A moment of a command: before one of its effects, or when that has just been begun. */
export interface Moment {
  /** As the hook wants it. */
  readonly at: string;
  /** For people. */
  readonly name: string;
}

/** Moments in equal steps from the first to the last effect, and the riskiest one; those that start a program or ask QEMU are also cut after their begin. */
export function momentsOf(effects: readonly string[]): Moment[] {
  const all = effects.flatMap((what, n): Moment[] => [
    { at: `${n + 1}`, name: `before ${n + 1}, ${what}` },
    ...(/^(ask|spawn) /u.test(what) ? [{ at: `${n + 1}+`, name: `in ${n + 1}, ${what}` }] : []),
  ]);
  if (MOMENTS === 'all') return all;
  if (!/^\d+$/u.test(MOMENTS)) return all.filter(({ name }) => name.includes(MOMENTS));
  const count = Math.min(Number(MOMENTS), all.length);
  const some = new Set(Array.from({ length: count }, (_, n) => all[Math.floor(((n + 0.5) * all.length) / count)]!));
  // Where a machine has two disks and writes to the one that the files do not name.
  return all.filter((moment) => some.has(moment) || /^in \d+, ask blockdev-add$/u.test(moment.name));
}

/**
 * Runs a command and kills it at a moment. What it has started itself goes on as it would.
 * @returns false when it was done before: how often it has to ask is not the same each time
 */
export async function killAt(box: Sandbox, args: readonly string[], moment: Moment, env: Env = {}): Promise<boolean> {
  const options = { cwd: box.project, as: box.user, env: hooked(box, env, { AI_VM_TEST_KILL: moment.at }) };
  const { code, stderr } = await begin(args, options).ended;
  if (code === 137) return true;
  if (code === 0) return false;
  throw new Error(`it ended with code ${code}\n${stderr}`);
}

/**
 * Proves the same of a command cut off at each of its moments. What does not hold is said with the moment.
 * @param prove brings all back to where the command can be given again
 */
export async function atEachMoment(
  box: Sandbox,
  args: readonly string[],
  moments: readonly Moment[],
  prove: () => Promise<void>,
  env: Env = {},
): Promise<void> {
  let killed = 0;
  for (const moment of moments) {
    try {
      if (await killAt(box, args, moment, env)) killed += 1;
      await prove();
    } catch (error) {
      throw new Error(`ai-vm ${args.join(' ')}, killed ${moment.name}: ${String(error)}`, { cause: error });
    }
  }
  expect(killed).toBeGreaterThan(moments.length / 2);
}

/** Machines that QEMU runs for this sandbox. */
export const qemus = (box: Sandbox): number =>
  processesOf([box.dir]).filter(({ cmdline }) => /qemu-system-x86_64 .*-uuid/u.test(cmdline)).length;

/** Files of a machine that are there only while something is done with it. */
export function halvesIn(dir: string): string[] {
  const passing = /\.partial\b|^frozen\.|^suspended\b|^start-warm\.sh$/u;
  return existsSync(dir)
    ? readdirSync(dir, { recursive: true })
        .map(String)
        .filter((name) => passing.test(name))
    : [];
}

/** A number in memory alone, one on the disk, and a process that lives. */
export const mark = (box: Sandbox, value: string): Promise<string> =>
  inGuest(
    box,
    `echo ${value} >/dev/shm/memory; echo ${value} >~/disk; sync
if ! pgrep -f 'sleep 98765' >/dev/null; then cd /; setsid sleep 98765 >/dev/null 2>&1 </dev/null & fi`,
  );

/** The last but one: shells that wait in the guest for a script of ours. */
const LOOK = `cat /dev/shm/memory ~/disk; pgrep -fc 'sleep 98765'
echo shared >/mnt/host-rw/work/there && cat /mnt/host-rw/work/there
sudo sh -c 'grep -ls wait_for_partner /proc/[0-9]*/wchan' | wc -l
date +%s`;

/** The machine `dev` runs with all that it had, alone, and nothing of what was cut off is left. */
export async function isWhole(box: Sandbox, value: string, layers = 0): Promise<void> {
  expect(await box.ok(['up'])).toContain('Nothing to do');
  expect(await machine(box)).toMatchObject({ state: 'running', problem: null });
  const seen = (await inGuest(box, LOOK)).trim().split('\n');
  expect(seen.slice(0, -1)).toEqual([value, value, '1', 'shared', '0']);
  expect(Math.abs(Number(seen.at(-1)) - Date.now() / 1000)).toBeLessThan(30);
  expect(stateFile(machineDir(box, 'dev'), 'applied.json')).toMatchObject({ stopped: false });
  expect(stateFile(machineDir(box, 'dev'), 'applied.json')).not.toHaveProperty('frozen');
  expect(halvesIn(machineDir(box, 'dev'))).toEqual([]);
  expect(layersOf(box)).toHaveLength(layers);
  expect(qemus(box)).toBe(1);
}
