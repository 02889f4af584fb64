/** What a scenario that failed leaves to see of its machines, for whoever has nothing but the end of a log. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { processesOf } from './leftovers.ts';
import type { Sandbox } from './sandbox.ts';

const LINES = 3;

/** Seconds that the host is up: what its kernel's log counts in. */
export const uptime = (): number => Number.parseFloat(readFileSync('/proc/uptime', 'utf8'));

/**
 * A line for each machine that runs, the end of what QEMU and each console said, and what the host's kernel said of programs that crashed.
 * @param since seconds that the host was up when the scenario began
 */
export function evidence(box: Sandbox, since: number): string[] {
  const running = processesOf([box.dir]).flatMap(({ pid, cmdline }) => {
    const name = /qemu-system\S* .*-name (?:guest=)?([^ ,]+)/u.exec(cmdline)?.[1];
    return name === undefined ? [] : [`${name}: its QEMU runs, ${pid}`];
  });
  return [...(running.length === 0 ? ['no QEMU runs'] : running), ...endsOfLogs(box), ...crashes(since)];
}

function endsOfLogs(box: Sandbox): string[] {
  const projects = join(box.home, 'projects');
  if (!existsSync(projects)) return [];
  return readdirSync(projects, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\/(?:qemu|serial)\.log$/u.test(path))
    .flatMap((path) => {
      const lines = readFileSync(join(projects, path), 'utf8').trimEnd().split('\n').slice(-LINES);
      return lines.filter((line) => line !== '').map((line) => `${path}: ${line}`);
    });
}

/** Of all programs of the host: another lane's are not told from ours, but for their names. */
function crashes(since: number): string[] {
  let log: string;
  try {
    log = execFileSync('dmesg', { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return [];
  }
  return log
    .split('\n')
    .filter((line) => /segfault|traps:|out of memory|oom-kill/iu.test(line))
    .filter((line) => Number.parseFloat(line.slice(1)) >= since)
    .map((line) => `kernel: ${line}`);
}
