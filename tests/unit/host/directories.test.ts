import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { prepareMachine, prepareProject, removeTree } from '../../../src/host/directories.ts';
import {
  machinePaths,
  projectPaths,
  resolveHostEnv,
  type HostEnv,
  type ProjectPlace,
} from '../../../src/host/paths.ts';
import type { RunAs } from '../../../src/model/capabilities.ts';

const SELF: RunAs = {
  uid: process.getuid?.() ?? 0,
  gid: process.getgid?.() ?? 0,
  groups: [],
  drop: false,
  subUid: null,
  subGid: null,
};
const DROP: RunAs = { ...SELF, uid: 60_800, gid: 60_800, drop: true };

let dir = '';
let env: HostEnv;
let place: ProjectPlace;
beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'ai-vm-dirs-')));
  env = resolveHostEnv({
    uid: SELF.uid,
    home: dir,
    tmp: dir,
    vars: { AI_VM_HOME: join(dir, 'home') },
    isPrivate: () => false,
  });
  place = { name: 'app', dir: join(dir, 'project'), location: 'user' };
  mkdirSync(place.dir);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

describe('prepareProject', () => {
  it('makes directories that nobody else may enter, and records the project', async () => {
    const paths = projectPaths(place, env);
    for (let again = 0; again < 2; again += 1) await prepareProject(place, paths, env, SELF);
    for (const path of [env.dataHome, paths.state, join(env.dataHome, 'approvals')]) expect(mode(path)).toBe('700');
    expect(JSON.parse(readFileSync(paths.projectFile, 'utf8'))).toEqual({ formatVersion: 1, ...place });
    const machine = machinePaths(paths, 'dev');
    await prepareMachine(machine, SELF);
    expect(mode(machine.dir)).toBe('700');
  });

  it('mends a directory that others could enter', async () => {
    mkdirSync(env.dataHome);
    chmodSync(env.dataHome, 0o777);
    await prepareProject(place, projectPaths(place, env), env, SELF);
    expect(mode(env.dataHome)).toBe('700');
  });

  it('keeps what lies in the project out of git', async () => {
    const inside = { ...place, location: 'project' } as const;
    const paths = projectPaths(inside, env);
    await prepareProject(inside, paths, env, SELF);
    expect(readFileSync(join(place.dir, '.ai-vm/.gitignore'), 'utf8')).toBe('*\n');
    expect(existsSync(paths.projectFile)).toBe(true);
  });

  it.each(['a${HOME}', 'a\nb'])(
    'refuses a place whose name ssh would misread, before anything is made: %j',
    async (name) => {
      const inside = { ...place, location: 'project', dir: join(dir, name) } as const;
      mkdirSync(inside.dir);
      const refused = { code: 'host.path', why: expect.stringContaining('ssh') };
      await expect(prepareProject(inside, projectPaths(inside, env), env, SELF)).rejects.toMatchObject(refused);
      expect([existsSync(env.dataHome), readdirSync(inside.dir)]).toEqual([false, []]);
      const runtime = { ...env, runtimeHome: join(dir, name) };
      await expect(prepareProject(place, projectPaths(place, runtime), runtime, SELF)).rejects.toMatchObject(refused);
    },
  );

  it('does not hand the state of one directory to another whose hash is the same', async () => {
    const paths = projectPaths(place, env);
    await prepareProject(place, paths, env, SELF);
    const crafted = { ...place, dir: join(dir, 'crafted') };
    await expect(prepareProject(crafted, paths, env, SELF)).rejects.toMatchObject({
      code: 'host.path',
      why: expect.stringContaining(place.dir),
    });
    expect(JSON.parse(readFileSync(paths.projectFile, 'utf8'))).toMatchObject({ dir: place.dir });
  });

  it('does not take over what came with a clone, and knows its own again', async () => {
    const inside = { ...place, location: 'project' } as const;
    const paths = projectPaths(inside, env);
    mkdirSync(join(place.dir, '.ai-vm/dev'), { recursive: true });
    writeFileSync(join(place.dir, '.ai-vm/dev/disk.qcow2'), 'a disk whose header names a file of the host');
    writeFileSync(join(place.dir, '.ai-vm/token.json'), '{"token":"guessed"}');
    const refused = { code: 'host.path', message: expect.stringContaining('was not made here') };
    for (let again = 0; again < 2; again += 1) {
      await expect(prepareProject(inside, paths, env, SELF)).rejects.toMatchObject(refused);
    }
    rmSync(join(place.dir, '.ai-vm'), { recursive: true });
    for (let again = 0; again < 2; again += 1) {
      await prepareProject(inside, paths, env, SELF);
      mkdirSync(join(place.dir, '.ai-vm/dev'), { recursive: true });
    }
  });

  it.each([
    ['a symlink', (path: string) => symlinkSync(tmpdir(), path)],
    ['a file', (path: string) => writeFileSync(path, '')],
  ])('refuses %s in the place of a directory', async (_what, plant) => {
    const inside = { ...place, location: 'project' } as const;
    plant(join(place.dir, '.ai-vm'));
    await expect(prepareProject(inside, projectPaths(inside, env), env, SELF)).rejects.toMatchObject({
      code: 'host.path',
    });
  });

  it('refuses a place that an unprivileged QEMU could not reach, and says where it stops', async () => {
    // mkdtemp makes directories of mode 0700.
    await expect(prepareProject(place, projectPaths(place, env), env, DROP)).rejects.toMatchObject({
      code: 'host.path',
      why: expect.stringContaining(`may not pass through ${dir}.`),
      fix: expect.stringContaining(`chmod o+x ${dir}`),
    });
    chmodSync(dir, 0o711);
    const paths = projectPaths(place, env);
    await prepareProject(place, paths, env, DROP);
    expect(mode(paths.state)).toBe('711');
  });
});

describe('removeTree', () => {
  it('goes by directories, not by paths: a tree may be deeper than any path', async () => {
    const script = 'for i in $(seq 20); do mkdir "$1" && cd "$1"; done';
    execFileSync('bash', ['-euc', script, 'deep', 'd'.repeat(250)], { cwd: dir });
    await removeTree(join(dir, 'd'.repeat(250)));
    expect(readdirSync(dir)).toEqual(['project']);
  });

  it('removes a symlink, not what it leads to', async () => {
    mkdirSync(join(dir, 'kept'));
    symlinkSync(join(dir, 'kept'), join(dir, 'link'));
    await removeTree(join(dir, 'link'));
    await removeTree(join(dir, 'never was'));
    expect(lstatSync(join(dir, 'link'), { throwIfNoEntry: false })).toBeUndefined();
    expect(existsSync(join(dir, 'kept'))).toBe(true);
  });
});
