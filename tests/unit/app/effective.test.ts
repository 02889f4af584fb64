import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { stageCredentials } from '../../../src/app/effective.ts';
import { writeGuestFiles } from '../../../src/app/guest-files.ts';
import { EMPTY_GUEST } from '../../../src/model/boot.ts';
import type { MachinePaths } from '../../../src/model/machine.ts';
import { identity, paths as somePaths, runAs, vmConfig } from '../../fixtures/machines.ts';

let dir = '';
let paths: MachinePaths;
beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'ai-vm-effective-')));
  paths = {
    ...somePaths(),
    dir: join(dir, 'dev'),
    credentials: join(dir, 'dev/credentials'),
    hostKey: join(dir, 'key'),
  };
  for (const name of ['dev', 'elsewhere', 'home', 'home/.claude']) mkdirSync(join(dir, name));
  writeFileSync(paths.hostKey, 'key');
  writeFileSync(join(dir, 'home/.claude/.credentials.json'), 'login');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const sharing = vmConfig({ agents: [{ name: 'claude', shareAuth: true }] });

describe('stageCredentials', () => {
  it('copies the login alone, and takes it back when it is not shared any more', async () => {
    const [share] = await stageCredentials(sharing, paths, join(dir, 'home'), runAs);
    expect(readFileSync(join(share!.path, '.credentials.json'), 'utf8')).toBe('login');
    expect(share).toMatchObject({ mode: 'ro' });
    expect(lstatSync(join(paths.dir, 'auth')).mode & 0o777).toBe(0o700);
    expect(await stageCredentials(vmConfig(), paths, join(dir, 'home'), runAs)).toEqual([]);
    expect(lstatSync(join(paths.dir, 'auth'), { throwIfNoEntry: false })).toBeUndefined();
  });

  it('gives each agent its own login, and no other file of its directory', async () => {
    mkdirSync(join(dir, 'home/.codex'));
    for (const name of ['auth.json', 'history.jsonl']) writeFileSync(join(dir, 'home/.codex', name), name);
    const agents = (['claude', 'codex', 'gemini'] as const).map((name) => ({ name, shareAuth: name !== 'claude' }));
    const shares = await stageCredentials(vmConfig({ agents }), paths, join(dir, 'home'), runAs);
    expect(shares.map(({ path, target }) => [path, target])).toEqual([
      [join(paths.dir, 'auth/codex'), '/mnt/host-ro/codex-auth'],
      [join(paths.dir, 'auth/gemini'), '/mnt/host-ro/gemini-auth'],
    ]);
    expect(shares.map(({ path }) => readdirSync(path))).toEqual([['auth.json'], []]);
    expect(readFileSync(join(paths.dir, 'auth/codex/auth.json'), 'utf8')).toBe('auth.json');
  });

  it.each(['auth', 'auth/claude'])('writes nothing through a symlink in the place of %s', async (name) => {
    if (name.includes('/')) mkdirSync(join(paths.dir, 'auth'));
    symlinkSync(join(dir, 'elsewhere'), join(paths.dir, name));
    await stageCredentials(sharing, paths, join(dir, 'home'), runAs);
    expect(lstatSync(join(dir, 'elsewhere/.credentials.json'), { throwIfNoEntry: false })).toBeUndefined();
    expect(lstatSync(join(dir, 'elsewhere/claude'), { throwIfNoEntry: false })).toBeUndefined();
  });
});

describe('writeGuestFiles', () => {
  it('writes nothing through what was put into its directory since', async () => {
    writeFileSync(join(dir, 'elsewhere/kept'), 'kept');
    mkdirSync(paths.credentials);
    symlinkSync(join(dir, 'elsewhere/kept'), join(paths.credentials, 'fstab.extra'));
    const written = await writeGuestFiles(paths, identity(), EMPTY_GUEST);
    expect(readFileSync(join(dir, 'elsewhere/kept'), 'utf8')).toBe('kept');
    expect([...written.values()].map((path) => lstatSync(path).isFile())).not.toContain(false);
  });
});
