/** The scripts of a running guest under the shell, with programs in the place of those that need a guest. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { mountOnce, settingsScript, unmountScript, unmountTagScript } from '../../../src/guest/live-scripts.ts';
import { users } from '../../../src/resources/users.ts';
import type { LiveStep } from '../../../src/model/live.ts';
import { NO_SIGHTINGS } from '../../../src/model/observed.ts';
import { bootContext, vmConfig } from '../../fixtures/machines.ts';
import { pathWith } from '../../support/stand-ins.ts';

/** What a configuration lets through: no control characters, no backslashes, no space at the end. */
const NAMES = ["/it's", '/a b', '/$(touch hacked)', '/"quoted"', '/-rf', '/*', '/[a]?', '/ümlaut; exit 7', '/`id`'];

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ai-vm-scripts-'));
  await Promise.all(['sudoers.d', 'home', 'run'].map((name) => mkdir(join(dir, name))));
});
afterEach(() => rm(dir, { recursive: true }));

/** As /proc/self/mounts has it. */
const field = (text: string): string => text.replaceAll(' ', String.raw`\040`);

/**
 * Mounts are lines of a file. `umount` takes one away, unless its last word stands in `busy`; `mount` adds one.
 */
const PROGRAMS = {
  mountpoint: `for t; do :; done; grep -qF -- " $(printf %s "$t" | sed 's/ /\\\\040/g') " "$MOUNTS"`,
  umount: `printf 'umount %s\\n' "$*" >>"$LOG"
for t; do :; done
if [ -e "$BUSY" ] && grep -qxF -- "$t" "$BUSY"; then echo "umount: $t: target is busy." >&2; exit 32; fi
grep -vF -- " $(printf %s "$t" | sed 's/ /\\\\040/g') " "$MOUNTS" >"$MOUNTS.new"; mv "$MOUNTS.new" "$MOUNTS"`,
  mount: `printf 'mount %s\\n' "$*" >>"$LOG"`,
  rmdir: `printf 'rmdir %s\\n' "$*" >>"$LOG"`,
  mkdir: `case $* in *credentials*) exec /bin/mkdir "$@" ;; esac; printf 'mkdir %s\\n' "$*" >>"$LOG"`,
  usermod: `printf 'usermod %s\\n' "$*" >>"$LOG"; ! grep -qx "fails $*" "$LOG"`,
  pkill: `printf 'pkill %s\\n' "$*" >>"$LOG"; exit 1`,
  id: `[ "$3" != stranger ]`,
  'systemd-sysusers': `cat "$CREDENTIALS_DIRECTORY/sysusers.extra" >>"$LOG"`,
  'systemd-tmpfiles': `cat "$CREDENTIALS_DIRECTORY/tmpfiles.extra" >>"$LOG"; exit "\${TMPFILES:-0}"`,
};

async function run(script: string, env: Record<string, string> = {}) {
  const log = join(dir, 'log');
  const [mounts, busy] = [join(dir, 'mounts'), join(dir, 'busy')];
  await writeFile(mounts, '', { flag: 'a' });
  await writeFile(log, '', { flag: 'a' });
  const text = script
    .replaceAll('/proc/self/mounts', mounts)
    .replaceAll('/etc/sudoers.d', join(dir, 'sudoers.d'))
    .replaceAll('"/home/', `"${dir}/home/`)
    .replaceAll('/run/ai-vm', join(dir, 'run'));
  const path = pathWith(join(dir, 'bin'), PROGRAMS);
  const { exitCode, stdout, stderr } = await execa('/bin/sh', ['-s'], {
    ...{ input: text, reject: false, extendEnv: false, cwd: dir },
    env: { PATH: path, LOG: log, MOUNTS: mounts, BUSY: busy, ...env },
  });
  expect(await readdir(dir)).not.toContain('hacked');
  return { code: exitCode, said: `${stdout}${stderr}`, log: await readFile(log, 'utf8') };
}

const mounted = (...targets: readonly string[]): Promise<void> =>
  writeFile(
    join(dir, 'mounts'),
    targets.map((target) => `tag${target.length} ${field(target)} virtiofs rw 0 0\n`).join(''),
  );
const mounts = (): Promise<string> => readFile(join(dir, 'mounts'), 'utf8');

describe('a share', () => {
  it.each(NAMES)('is mounted once at %s', async (target) => {
    const script = mountOnce({ tag: "rw1-it's", target, type: 'virtiofs', options: ['ro'] });
    const first = await run(script);
    expect(first).toMatchObject({
      code: 0,
      log: `mkdir -p -- ${target}\nmount -t virtiofs -o ro -- rw1-it's ${target}\n`,
    });
    await mounted(target);
    expect((await run(script)).log).toBe(first.log);
  });

  it.each(NAMES)('is unmounted from %s, and nothing else is', async (target) => {
    await mounted(`${target}x`, target, `/x${target}`);
    const script = unmountScript(target, false);
    expect(await run(script)).toMatchObject({ code: 0, log: `umount -- ${target}\nrmdir -- ${target}\n` });
    expect(await mounts()).not.toContain(` ${field(target)} `);
    expect((await mounts()).split('\n')).toHaveLength(3);
    expect((await run(script)).code).toBe(0);
  });

  it.each(["it's", 'a b', '*', '[a]', '$(touch hacked)'])('names who sits in it: %s', async (name) => {
    const target = join(dir, name);
    await Promise.all([mkdir(join(target, 'below'), { recursive: true }), mkdir(join(dir, 'other'))]);
    await mounted(target);
    await writeFile(join(dir, 'busy'), `${target}\n`);
    const sit = (cwd: string) => spawn('sleep', ['60'], { cwd, stdio: 'ignore' });
    const [inside, outside] = [sit(join(target, 'below')), sit(join(dir, 'other'))];
    try {
      const { code, said } = await run(unmountScript(target, false));
      expect([code, said]).toEqual([1, `in use by sleep (${inside.pid})`]);
    } finally {
      inside.kill();
      outside.kill();
    }
  });

  it.each(NAMES)('that nobody serves is let go of at %s', async (target) => {
    await mounted(target, '/other');
    expect((await run(unmountScript(target, true))).code).toBe(0);
    expect(await mounts()).toContain('/other');
    expect(await mounts()).not.toContain(` ${field(target)} `);
    expect((await run(unmountScript(target, true))).log.match(/umount/g)).toHaveLength(1);
  });

  it('of a tag is unmounted wherever it is, up to the first that is in use', async () => {
    const line = (tag: string, target: string): string => `${field(tag)} ${field(target)} virtiofs rw 0 0\n`;
    const begin = line("it's a", '/a b') + line('other', '/c') + line("it's a", "/d'") + line("it's a", '/e');
    await writeFile(join(dir, 'mounts'), begin);
    await writeFile(join(dir, 'busy'), "/d'\n");
    const { code, said } = await run(unmountTagScript("it's a"));
    expect([code, said]).toEqual([1, "umount: /d': target is busy."]);
    await rm(join(dir, 'busy'));
    expect((await run(unmountTagScript("it's a"))).code).toBe(0);
    expect(await mounts()).toBe(line('other', '/c'));
  });
});

describe('settings', () => {
  const content = `'"$(touch hacked)\n\\ %s *\n`;
  const file = { path: "/etc/it's", mode: '0644', owner: 'root', group: 'root', content };
  it('are handed over as they are, and not kept', async () => {
    const user = { name: 'ann', uid: 1001, groups: ['sudo'], sudo: true, authorizedKeys: [`ssh-ed25519 AAAA it's`] };
    const { code, log } = await run(settingsScript({ files: [file], users: [user] }));
    expect(code).toBe(0);
    expect(log).toContain('u ann 1001 "ann"');
    expect(log).toContain(`f+~ "/etc/it's" 0644 root root - ${Buffer.from(content).toString('base64')}`);
    expect(await readFile(join(dir, 'run/credentials/tmpfiles.extra'), 'utf8')).toBe('');
  });
  it('are not kept either when they could not be made', async () => {
    const { code, log } = await run(settingsScript({ files: [file] }), { TMPFILES: '65' });
    expect(code).toBe(65);
    expect(log).not.toContain('u ann');
    expect(await readFile(join(dir, 'run/credentials/tmpfiles.extra'), 'utf8')).toBe('');
  });
});

describe('users', () => {
  const scripts = (names: readonly string[]): string[] => {
    const change = { resource: 'users', field: 'users', class: 'live', before: '', after: '', reason: '' } as const;
    const context = { ...bootContext(), seen: NO_SIGHTINGS, applied: vmConfig() };
    return users.steps!(change, names, context).flatMap((step: LiveStep) => (step.do === 'guest' ? [step.script] : []));
  };
  const rule = (name: string): string => join(dir, `sudoers.d/90-ai-vm-${name}`);
  async function made(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      await mkdir(join(dir, `home/${name}/.ssh`), { recursive: true });
      for (const file of [rule(name), join(dir, `home/${name}/.ssh/authorized_keys`)]) await writeFile(file, '');
    }
  }

  it('who are not declared are locked out, whoever has made them', async () => {
    await made('dev', 'ann', 'de', 'stranger');
    const [lock = '', welcome = ''] = scripts(['dev', 'bob']);
    const { code, log } = await run(lock);
    expect([code, log]).toEqual([
      0,
      'usermod -e 1 -- ann\npkill -KILL -u ann\nusermod -e 1 -- de\npkill -KILL -u de\n',
    ]);
    expect(await readdir(join(dir, 'sudoers.d'))).toEqual(['90-ai-vm-dev']);
    expect(await readdir(join(dir, 'home/ann/.ssh'))).toEqual([]);
    expect(await readdir(join(dir, 'home/dev/.ssh'))).toEqual(['authorized_keys']);
    expect((await run(lock)).log).toBe(log);
    expect((await run(welcome)).log).toBe(`${log}usermod -e  -- dev\nusermod -e  -- bob\n`);
  });

  it('who could not be locked out are not forgotten', async () => {
    await made('ann');
    await writeFile(join(dir, 'log'), 'fails -e 1 -- ann\n');
    expect((await run(scripts(['dev'])[0]!)).code).toBe(1);
    expect(await readdir(join(dir, 'sudoers.d'))).toEqual(['90-ai-vm-ann']);
    await rm(join(dir, 'log'));
    expect((await run(scripts(['dev'])[0]!)).code).toBe(0);
    expect(await readdir(join(dir, 'sudoers.d'))).toEqual([]);
  });
});
