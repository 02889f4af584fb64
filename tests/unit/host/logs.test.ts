import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  appendLog,
  collectLog,
  endRuntime,
  followLog,
  logEnd,
  type LogPlace,
  LOG_WINDOW,
  makeRoom,
  readLog,
  tailLog,
  windowBegin,
  type LogFiles,
} from '../../../src/host/logs.ts';
import { machinePaths, projectPaths, resolveHostEnv } from '../../../src/host/paths.ts';
import { FUNCTIONS, LOG_WINDOW as SCRIPT_WINDOW } from '../../../src/qemu/script-text.ts';

let dir = '';
let log: LogFiles;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ai-vm-logs-'));
  log = { history: join(dir, 'history'), window: join(dir, 'window') };
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** The start script's own functions. */
const shell = (command: string): string =>
  execFileSync(
    'sh',
    [
      '-eu',
      '-c',
      `vm=dev log_window=${SCRIPT_WINDOW}\n${FUNCTIONS}\ndone=1\nfind_log_begin "\${1%/*}"\n${command}`,
      'sh',
      log.window,
      log.history,
    ],
    { encoding: 'utf8' },
  );
const openWindow = (): string => shell('open_log "$1"');
const all = async (until?: LogPlace | null): Promise<string> => {
  const parts: Buffer[] = [];
  for await (const part of readLog(log, until)) parts.push(part);
  return Buffer.concat(parts).toString();
};
const held = (): bigint => {
  const { size } = statSync(log.window, { bigint: true });
  return size - windowBegin(size);
};
/** Writes as QEMU does, until the kernel says no. */
const flood = (): string =>
  execFileSync(
    'sh',
    [
      '-c',
      'head -c 9000000 /dev/zero | tr "\\0" x | dd of="$1" oflag=append conv=notrunc iflag=fullblock bs=1024 2>&1 || true',
      'sh',
      log.window,
    ],
    { encoding: 'utf8' },
  );

/** ext4 on most machines, and tmpfs. */
describe.each([tmpdir(), '/dev/shm'])('a window in %s', (place) => {
  beforeEach(() => {
    rmSync(dir, { recursive: true, force: true });
    // Tests of others look for what is ours in /dev/shm by its name.
    dir = mkdtempSync(join(place, 'logs-'));
    log = { history: join(dir, 'history'), window: join(dir, 'window') };
  });

  it('has the same size on both sides', () => expect(LOG_WINDOW).toBe(BigInt(SCRIPT_WINDOW)));

  it('takes 4 MiB and not a byte more, whoever writes', () => {
    openWindow();
    expect(held()).toBe(0n);
    expect(flood()).toMatch(/File too large|Invalid argument/);
    expect(held()).toBe(LOG_WINDOW);
    expect(statSync(log.window).blocks * 512).toBeLessThan(5 * 1024 * 1024);
  });

  it('gives back what was written, after what was kept', async () => {
    openWindow();
    writeFileSync(log.history, 'before\n');
    appendFileSync(log.window, 'now\n');
    expect(await all()).toBe('before\nnow\n');
    expect(await tailLog(log, 1)).toEqual(['now']);
    expect(await tailLog(log, 0)).toEqual([]);
    expect(await tailLog(log, 9)).toEqual(['before', 'now']);
  });

  it('is moved to the history by ai-vm, and goes on', async () => {
    openWindow();
    appendFileSync(log.window, 'one\n');
    await collectLog(log);
    appendFileSync(log.window, 'two\n');
    expect(readFileSync(log.history, 'utf8')).toBe('one\n');
    expect(await all()).toBe('one\ntwo\n');
    expect(statSync(log.history).mode & 0o777).toBe(0o600);
  });

  it('is moved to the history by the start script', async () => {
    openWindow();
    appendFileSync(log.window, 'one\n');
    shell('keep_log "$1" "$2"');
    rmSync(log.window);
    openWindow();
    appendFileSync(log.window, 'two\n');
    expect(await all()).toBe('one\ntwo\n');
  });

  it('leaves no more than three windows behind, however often it is filled', async () => {
    for (const collect of [
      () => collectLog(log),
      () => Promise.resolve(shell('keep_log "$1" "$2"')),
      () => collectLog(log),
    ]) {
      rmSync(log.window, { force: true });
      openWindow();
      flood();
      appendFileSync(log.history, 'x');
      await collect();
    }
    expect(statSync(log.history).size + statSync(`${log.history}.1`).size).toBeLessThan(14 * 1024 * 1024);
    expect(existsSync(`${log.history}.2`)).toBe(false);
  });

  it('is emptied when it is more than half full, not before', async () => {
    openWindow();
    appendFileSync(log.window, Buffer.alloc(Number(LOG_WINDOW) / 2));
    await makeRoom(log);
    expect(held()).toBe(LOG_WINDOW / 2n);
    appendFileSync(log.window, '.');
    await makeRoom(log);
    expect(held()).toBe(0n);
  });
});

describe('appendLog', () => {
  it('keeps one older file, however often something is added', async () => {
    const half = Buffer.alloc(Number(LOG_WINDOW), 'x');
    for (let times = 0; times < 7; times += 1) await appendLog(log.history, half);
    await appendLog(log.history, Buffer.from('last'));
    expect(readFileSync(log.history, 'utf8').endsWith('last')).toBe(true);
    const sizes = [log.history, `${log.history}.1`].map((path) => statSync(path).size);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2 * Number(LOG_WINDOW));
    expect(statSync(log.history).mode & 0o777).toBe(0o600);
  });
});

describe('reading', () => {
  it('takes ordinary files as they are', async () => {
    writeFileSync(log.window, 'a\nb\n');
    expect(await tailLog(log, 5)).toEqual(['a', 'b']);
    expect(windowBegin(4n)).toBe(0n);
  });

  it('strips control sequences, is bounded, and follows no symlink', async () => {
    writeFileSync(log.history, `${'x'.repeat(100_000)}\n\u001b[2Jlast\r\n`);
    symlinkSync('/etc/passwd', log.window);
    expect(await tailLog(log, 1)).toEqual(['last']);
    expect((await tailLog(log, 5, 1000)).join('').length).toBeLessThan(1001);
    expect(await all()).not.toContain('root:');
  });

  it('has nothing to say of a machine that never ran', async () => {
    expect(await tailLog(log, 5)).toEqual([]);
    expect(await all()).toBe('');
    await collectLog(log);
    expect(existsSync(log.history)).toBe(false);
  });
});

describe('following', () => {
  it('goes on across a restart of the machine', async () => {
    openWindow();
    appendFileSync(log.window, 'old');
    const place = await logEnd(log);
    expect(await all(place)).toBe('old');
    appendFileSync(log.window, 'one');
    expect(await all(place)).toBe('old');
    const stop = new AbortController();
    const seen: string[] = [];
    const follower = (async () => {
      for await (const part of followLog(log, place, stop.signal)) {
        seen.push(part.toString());
        if (seen.join('') === 'one') {
          shell('keep_log "$1" "$2"; rm "$1"; open_log "$1"');
          appendFileSync(log.window, 'two');
        } else if (seen.join('') === 'onetwo') stop.abort();
      }
    })();
    await follower;
    expect(seen.join('')).toBe('onetwo');
  });
});

describe('endRuntime', () => {
  it('keeps both logs and leaves no runtime directory behind', async () => {
    const env = resolveHostEnv({ uid: 1000, home: dir, tmp: dir, vars: {}, isPrivate: () => false });
    const project = projectPaths({ name: 'app', dir, location: 'user' }, env);
    const [one, two] = [machinePaths(project, 'one'), machinePaths(project, 'two')];
    for (const paths of [one, two]) {
      mkdirSync(paths.dir, { recursive: true });
      mkdirSync(paths.run, { recursive: true });
      writeFileSync(paths.serialWindow, 'from the guest\n');
      writeFileSync(paths.qemuWindow, 'from QEMU\n');
    }
    await endRuntime(one);
    expect([existsSync(one.run), existsSync(two.run)]).toEqual([false, true]);
    await endRuntime(two);
    expect(existsSync(project.runtime)).toBe(false);
    expect(readFileSync(one.serialLog, 'utf8')).toBe('from the guest\n');
    expect(readFileSync(one.qemuLog, 'utf8')).toBe('from QEMU\n');
    await endRuntime(two);
  });
});
