import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  cmdline,
  cpuTimeOf,
  identify,
  isAlive,
  kill,
  memoryOf,
  parseStat,
  waitForExit,
} from '../../../src/host/processes.ts';

const started: ChildProcess[] = [];
afterEach(() => started.splice(0).forEach((child) => child.kill('SIGKILL')));

/** A process that lives until it is told otherwise. */
function sleeper(): { child: ChildProcess; pid: number } {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
  started.push(child);
  return { child, pid: child.pid ?? -1 };
}

describe('parseStat', () => {
  const rest = `S ${Array.from({ length: 18 }, (_, i) => i + 4).join(' ')} 4711 99 100`;
  it.each(['cat', 'a b', 'x) S 1 2 (y', ') ) )', '(((', ''])('is not led astray by the name %j', (name) => {
    expect(parseStat(`12 (${name}) ${rest}\n`)).toEqual({ state: 'S', startTime: '4711' });
  });
  it.each(['', '12', '12 (x)', '12 (x) S 1 2 3'])('gives null for %j', (text) => expect(parseStat(text)).toBeNull());
});

describe('processes', () => {
  it('knows itself', async () => {
    const self = await identify(process.pid);
    expect(self?.pid).toBe(process.pid);
    expect(await isAlive(self!)).toBe(true);
    expect((await cmdline(process.pid))?.[0]).toContain('node');
    const memory = await memoryOf(process.pid);
    expect(memory!.rss).toBeGreaterThan(1_000_000);
    expect(memory!.pss).toBeLessThanOrEqual(memory!.rss * 1.2);
  });

  it('tells how long a process has computed', async () => {
    const { user, system } = process.cpuUsage();
    expect(Math.abs((await cpuTimeOf(process.pid))! - (user + system) / 1000)).toBeLessThan(500);
    expect(await cpuTimeOf(-1)).toBeNull();
  });

  it('takes a reused pid for somebody else, and does not signal it', async () => {
    const { pid } = sleeper();
    const earlier = { pid, startTime: '1' };
    expect(await isAlive(earlier)).toBe(false);
    expect(await kill(earlier, 'SIGKILL')).toBe(false);
    expect(await identify(pid)).not.toBeNull();
  });

  it('ends a process and sees its end', async () => {
    const { child, pid } = sleeper();
    const it = await identify(pid);
    const end = once(child, 'exit');
    expect(await waitForExit(it!, 0)).toBe(false);
    expect(await kill(it!, 'SIGTERM')).toBe(true);
    expect(await waitForExit(it!, 10_000)).toBe(true);
    await end;
    expect(await kill(it!, 'SIGTERM')).toBe(false);
    expect(await cmdline(pid)).toBeNull();
  });

  it('does not count a zombie among the living', async () => {
    // The shell becomes a sleep, which never asks for the end of the child that the shell had.
    const child = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 1000'], { stdio: ['ignore', 'pipe', 'ignore'] });
    started.push(child);
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const zombie = Number(line.toString());
    const seen = await identify(zombie);
    if (seen) expect(await waitForExit(seen, 10_000)).toBe(true);
    expect(await identify(zombie)).toBeNull();
  });

  it.each([0, -1, 1.5, Number.NaN, 2 ** 40])('says null for the pid %d', async (pid) =>
    expect(await identify(pid)).toBeNull(),
  );
});
