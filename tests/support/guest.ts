/** What several scenarios ask of a machine, and of what runs on the host on its behalf. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Sandbox } from './sandbox.ts';

/** A machine as `ps --format json` shows it; more is in there. */
export interface SeenMachine {
  readonly name: string;
  readonly state: string;
  readonly pid: number | null;
  readonly storage: number | null;
  readonly ssh: { readonly port: number } | null;
  readonly problem: string | null;
}

/** One machine of `ps`. Throws when it is not listed. */
export async function machine(box: Sandbox, vm = 'dev'): Promise<SeenMachine> {
  const { machines } = JSON.parse(await box.ok(['ps', '--format', 'json'])) as { machines: SeenMachine[] };
  const found = machines.find((each) => each.name === vm);
  if (found === undefined) throw new Error(`ps does not list ${vm}`);
  return found;
}

/** Kills a process that must be known: number 0 would be everybody who runs this test. */
export function end(pid: number | null | undefined, signal: NodeJS.Signals = 'SIGKILL'): void {
  if (!Number.isInteger(pid) || pid! < 2) throw new Error(`there is no process ${String(pid)}`);
  process.kill(pid!, signal);
}

/** Runs a shell script as root in the guest: stdout. Throws when it fails. */
export function asGuestRoot(box: Sandbox, script: string, vm = 'dev'): Promise<string> {
  return box.ok(['exec', vm, '--', 'sudo', 'bash', '-seu'], { input: script });
}

/** Runs a shell script as the first user of the guest: stdout. Throws when it fails. */
export function inGuest(box: Sandbox, script: string, vm = 'dev'): Promise<string> {
  return box.ok(['exec', vm, '--', 'bash', '-seu'], { input: script });
}

/** Asks until the answer is there. Throws after `limitMs`, with the last answer or error. */
export async function until<T>(what: string, ask: () => Promise<T | null>, limitMs = 5 * 60_000): Promise<T> {
  const end = performance.now() + limitMs;
  let last: unknown;
  while (performance.now() < end) {
    try {
      const answer = await ask();
      if (answer !== null) return answer;
    } catch (error) {
      last = error;
    }
    await pause(250);
  }
  throw new Error(`${what}: not within ${limitMs / 1000} s`, { cause: last });
}

/** Name of a process and its real, effective, saved and file system user ids; null when it is gone. */
export function uidsOf(pid: number): { readonly name: string; readonly uids: readonly number[] } | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const uids = (/^Uid:\t(.*)$/mu.exec(status)?.[1] ?? '').split('\t').map(Number);
    return { name: /^Name:\t(.*)$/mu.exec(status)?.[1] ?? '', uids };
  } catch {
    return null;
  }
}
