/** The start script with a real QEMU and a real virtiofsd, as an ordinary user and, run by root, as root that drops. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { collectLog, LOG_WINDOW, windowBegin } from '../../../src/host/logs.ts';
import { virtiofsUsable } from '../../../src/host/namespaces.ts';
import { identify, kill, waitForExit } from '../../../src/host/processes.ts';
import type { RunAs } from '../../../src/model/capabilities.ts';
import { isRoot, Machine, makeUser, removeUser } from './machine.ts';

let user: RunAs;
beforeAll(() => void (user = makeUser()));
afterAll(removeUser);

const status = (pid: number, field: string): string =>
  new RegExp(`^${field}:[ \\t]*(.*?)[ \\t]*$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
const openFiles = (pid: number): string[] =>
  readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return '';
    }
  });
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
};

describe.each(isRoot ? (['user', 'drop'] as const) : (['user'] as const))('start script as %s', (who) => {
  let machine: Machine;
  beforeEach(async () => void (machine = await Machine.make(who, user)));
  afterEach(() => machine.remove());

  it('starts QEMU without privileges and without our lock, once', () => {
    machine.withArguments('-S');
    const first = machine.start();
    expect(first).toMatchObject({ code: 0, stderr: '' });
    const pid = Number(first.stdout);
    expect(status(pid, 'Uid').split('\t')).toEqual(Array(4).fill(String(machine.runAs.uid)));
    expect(status(pid, 'CapEff')).toBe('0000000000000000');
    expect(status(pid, 'NoNewPrivs')).toBe('1');
    expect(status(pid, 'Groups')).toBe(who === 'drop' ? '' : String(machine.runAs.gid));
    expect(openFiles(pid)).not.toContain(machine.spec.lock);
    expect(readlinkSync(`/proc/${pid}/cwd`)).toBe('/');
    expect(Number(readFileSync(machine.spec.pidFile, 'utf8'))).toBe(pid);
    const second = machine.start();
    expect(second).toMatchObject({ code: 0, stdout: `${pid}\n`, stderr: 'start-dev: runs already\n' });
    expect(machine.processes()).toEqual([pid]);
  });

  it('serves shares from a namespace in which nobody is root of the host', async () => {
    await machine.withShares({ 'closed/writable': 'rw', readonly: 'ro' });
    machine.withArguments('-S');
    const started = machine.start();
    expect(started).toMatchObject({ code: 0, stderr: '' });
    const helpers = readFileSync(machine.spec.helperPids, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(' '));
    expect(helpers).toHaveLength(2);
    for (const [pid = ''] of helpers) {
      expect(status(Number(pid), 'Uid').split('\t')).toEqual(Array(4).fill(String(machine.runAs.subUid)));
      const map = readFileSync(`/proc/${pid}/uid_map`, 'utf8')
        .trim()
        .split('\n')
        .map((line) => line.trim().split(/\s+/));
      expect(map).toEqual([
        ['0', String(machine.runAs.subUid), '1'],
        [String(machine.runAs.uid), String(machine.runAs.uid), '1'],
      ]);
    }
    // The share as the helper sees it: inside its own mount namespace.
    const inside = (index: number, name: string): string => join(`/proc/${helpers[index]?.[0]}/root`, name);
    writeFileSync(inside(0, 'seen'), 'x');
    expect(existsSync(join(machine.dir, 'closed/writable/seen'))).toBe(true);
    expect(() => writeFileSync(inside(1, 'seen'), 'x')).toThrow('EROFS');
    const [pid] = [Number(started.stdout)];
    await kill((await identify(pid))!, 'SIGKILL');
    for (const [helper = '', startTime = ''] of helpers) {
      expect(await waitForExit({ pid: Number(helper), startTime }, 10_000)).toBe(true);
    }
    expect(machine.processes()).toEqual([]);
  });

  it('refuses a virtiofs share that has been replaced', async () => {
    await machine.withShares({ first: 'rw', second: 'ro' });
    renameSync(join(machine.dir, 'second'), join(machine.dir, 'gone'));
    mkdirSync(join(machine.dir, 'second'));
    const started = machine.start();
    expect(started.code).toBe(1);
    expect(started.stderr).toContain(`the share ${machine.dir}/second is not the directory any more`);
    expect(machine.processes()).toEqual([]);
  });

  it('hands 9p directories over as the objects that were judged', () => {
    const shared = machine.directory('shared');
    machine.spec = { ...machine.spec, directories: [{ ...shared, fd: 3 }] };
    machine.withArguments(
      '-S',
      '-fsdev',
      'local,id=f,path=/proc/self/fd/3,security_model=none',
      '-device',
      'virtio-9p-pci,fsdev=f,mount_tag=t',
    );
    const started = machine.start();
    expect(started).toMatchObject({ code: 0, stderr: '' });
    expect(openFiles(Number(started.stdout))).toContain(shared.path);
  });

  it('leaves nothing running when QEMU dies at its start, and shows its last words', async () => {
    await machine.withShares({ first: 'rw' });
    machine.withArguments('-device', 'no-such-device');
    const started = machine.start();
    expect(started.code).toBe(1);
    expect(started.stderr).toContain("'no-such-device' is not a valid device model name");
    expect(started.stderr).toContain('QEMU ended at its start');
    expect(machine.processes()).toEqual([]);
  });

  it.each(['starts', 'does not start'])('says so too when QEMU ends while a gateway that %s is started', (how) => {
    machine.withArguments('-S').withGateway(`
      import { readFileSync } from 'node:fs';
      import { createServer } from 'node:net';
      const pause = () => new Promise((resolve) => setTimeout(resolve, 10));
      // QEMU is started beside it.
      const pidOf = () => {
        try {
          return Number(readFileSync(process.argv.at(-1) + '/qemu.pid', 'utf8'));
        } catch {
          return 0;
        }
      };
      while (pidOf() === 0) await pause();
      const pid = pidOf();
      process.kill(pid, 'SIGKILL');
      const ended = () => {
        try {
          return /^State:\\s+[ZX]/m.test(readFileSync('/proc/' + pid + '/status', 'utf8'));
        } catch {
          return true;
        }
      };
      while (!ended()) await pause();
      ${how === 'starts' ? "createServer().listen(process.argv.at(-1) + '/gateway.sock').unref();" : ''}
    `);
    const started = machine.start();
    expect(started.code).toBe(1);
    expect(started.stderr).toContain('QEMU ended at its start');
    expect(started.stderr).not.toContain('gateway');
    expect(machine.processes()).toEqual([]);
  });

  it('yields to whoever holds the lock, unless the caller does', async () => {
    machine.withArguments('-S');
    writeFileSync(machine.spec.lock, '4711 ai-vm up\n');
    if (isRoot) chownSync(machine.spec.lock, machine.runAs.drop ? 0 : machine.runAs.uid, 0);
    const holder = spawn('flock', ['-F', machine.spec.lock, 'sh', '-c', 'echo held; exec sleep 1000'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    try {
      await once(holder.stdout, 'data');
      const refused = machine.start();
      expect(refused.code).toBe(75);
      expect(refused.stderr).toContain('4711 ai-vm up');
      expect(machine.processes().filter((pid) => pid !== holder.pid)).toEqual([]);
      expect(machine.start('--locked').code).toBe(0);
    } finally {
      holder.kill('SIGKILL');
      await once(holder, 'exit');
    }
  });

  it('bounds a flood of the console, keeps what was said, and lets it go on', async () => {
    machine.floods();
    const pid = Number(machine.start().stdout);
    const held = (): bigint => {
      const { size } = statSync(machine.spec.serialWindow, { bigint: true });
      return size - windowBegin(size);
    };
    await until(() => held() === LOG_WINDOW);
    expect(await identify(pid)).not.toBeNull();
    await collectLog({ history: machine.spec.serialLog, window: machine.spec.serialWindow });
    if (isRoot && who === 'user') chownSync(machine.spec.serialLog, machine.runAs.uid, machine.runAs.gid);
    expect(statSync(machine.spec.serialLog).size).toBe(Number(LOG_WINDOW));
    await until(() => held() > 0n);
    await kill((await identify(pid))!, 'SIGKILL');
    await until(() => machine.processes().length === 0);
    const rest = Number(held());
    // The next start keeps what the last one has left.
    expect(machine.start().code).toBe(0);
    const kept = [machine.spec.serialLog, `${machine.spec.serialLog}.1`].map((path) =>
      existsSync(path) ? statSync(path).size : 0,
    );
    expect(kept[0]! + kept[1]!).toBe(Number(LOG_WINDOW) + rest);
  }, 120_000);

  it('makes the disk of a machine that forgets anew at every start', () => {
    const path = join(machine.dir, 'scratch.img');
    machine.spec = { ...machine.spec, scratch: { path, size: 64 * 1024 * 1024 } };
    machine.withArguments('-S', '-drive', `if=none,id=s,format=raw,file=${path}`, '-device', 'virtio-blk-pci,drive=s');
    writeFileSync(path, 'what the guest wrote');
    expect(machine.start()).toMatchObject({ code: 0, stderr: '' });
    expect(statSync(path)).toMatchObject({ size: 64 * 1024 * 1024, uid: machine.runAs.uid });
    expect(
      execFileSync('dumpe2fs', ['-h', path], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    ).not.toContain('has_journal');
  });

  it.each([
    ['is missing', (disk: string) => rmSync(disk)],
    ['is something else', (disk: string) => writeFileSync(disk, 'not a disk')],
  ])('does not start when the disk %s', (_what, spoil) => {
    spoil(machine.spec.disk);
    const started = machine.start();
    expect(started).toMatchObject({ code: 1, stdout: '' });
    expect(started.stderr).toContain('is not a qcow2 disk');
    expect(machine.processes()).toEqual([]);
  });

  it('does not use a runtime directory that somebody else has made', () => {
    mkdirSync(join(machine.dir, 'elsewhere'));
    execFileSync('ln', ['-s', join(machine.dir, 'elsewhere'), join(machine.dir, 'run')]);
    const started = machine.start();
    expect(started.code).toBe(1);
    expect(started.stderr).toContain('is not a directory of user');
    expect(readdirSync(join(machine.dir, 'elsewhere'))).toEqual([]);
  });
});

describe('virtiofsUsable', () => {
  it('finds that namespaces work for an ordinary user, and says what is lacking', async () => {
    expect(await virtiofsUsable({ ...user, subUid: null })).toMatchObject({
      usable: false,
      reason: expect.stringContaining('uidmap'),
    });
    if (isRoot) expect(await virtiofsUsable({ ...user, drop: true })).toEqual({ usable: true });
    else expect(await virtiofsUsable(user)).toEqual({ usable: true });
  });
});
