import { lstatSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { judgeShare, mountPoints, type ShareContext } from '../../../src/host/shares.ts';
import type { ShareConfig } from '../../../src/model/desired.ts';

let dir = '';
let context: ShareContext;
beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'ai-vm-shares-')));
  mkdirSync(join(dir, 'project'));
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const runAs = { uid, gid, groups: [], drop: false, subUid: null, subGid: null };
  context = { runAs, homes: [], stateDirs: [join(dir, 'state')], projectDir: join(dir, 'project') };
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const share = (path: string, over: Partial<ShareConfig> = {}): ShareConfig => ({
  path: join(dir, path),
  target: '/mnt/x',
  mode: 'rw',
  driver: 'auto',
  allowSensitive: false,
  ...over,
});
const refusal = (code: string, why = ''): unknown =>
  expect.objectContaining({ code, why: expect.stringContaining(why) });

describe('judgeShare', () => {
  it('gives the real path, and the device and inode', async () => {
    const stat = statSync(join(dir, 'project'), { bigint: true });
    await expect(judgeShare(share('project'), context)).resolves.toEqual({
      path: join(dir, 'project'),
      identity: `${stat.dev}:${stat.ino}`,
    });
  });

  it('judges a symlink by what it leads to', async () => {
    mkdirSync(join(dir, 'state'));
    symlinkSync(join(dir, 'state'), join(dir, 'project/innocent'));
    await expect(judgeShare(share('project/innocent', { mode: 'ro' }), context)).rejects.toEqual(
      refusal('share.refused', 'state'),
    );
    symlinkSync('/etc', join(dir, 'project/etc'));
    await expect(judgeShare(share('project/etc', { mode: 'ro' }), context)).rejects.toEqual(
      refusal('share.refused', 'It is /etc.'),
    );
  });

  it('lets allow_sensitive open what is sensitive, never what is not to be shared', async () => {
    mkdirSync(join(dir, 'project/.aws'));
    mkdirSync(join(dir, 'state'));
    await expect(judgeShare(share('project/.aws'), context)).rejects.toEqual(refusal('share.refused', '.aws'));
    await expect(judgeShare(share('project/.aws', { allowSensitive: true }), context)).resolves.toMatchObject({
      path: join(dir, 'project/.aws'),
    });
    await expect(judgeShare(share('state', { allowSensitive: true }), context)).rejects.toEqual(
      refusal('share.refused', 'Nothing allows it'),
    );
    await expect(judgeShare({ ...share(''), path: dir, allowSensitive: true }, context)).rejects.toEqual(
      refusal('share.refused'),
    );
  });

  it('makes what is missing inside the project, and nothing elsewhere', async () => {
    await expect(judgeShare(share('project/data/deep'), context)).resolves.toMatchObject({
      path: join(dir, 'project/data/deep'),
    });
    expect(lstatSync(join(dir, 'project/data/deep')).isDirectory()).toBe(true);
    await expect(judgeShare(share('elsewhere'), context)).rejects.toEqual(refusal('share.missing'));
    expect(lstatSync(join(dir, 'elsewhere'), { throwIfNoEntry: false })).toBeUndefined();
  });

  it('makes nothing through a symlink that was planted in the project', async () => {
    mkdirSync(join(dir, 'outside'));
    symlinkSync(join(dir, 'outside/new'), join(dir, 'project/data'));
    await expect(judgeShare(share('project/data'), context)).rejects.toEqual(refusal('share.missing'));
    await expect(judgeShare(share('project/data/more'), context)).rejects.toEqual(refusal('share.missing'));
    expect(lstatSync(join(dir, 'outside/new'), { throwIfNoEntry: false })).toBeUndefined();
  });

  it('refuses a file', async () => {
    writeFileSync(join(dir, 'project/file'), '');
    await expect(judgeShare(share('project/file'), context)).rejects.toEqual(
      refusal('share.missing', 'not a directory'),
    );
  });

  it('refuses to write where somebody else is the owner, and says how to go on', async () => {
    const other = { ...context, runAs: { ...context.runAs, uid: context.runAs.uid + 1 } };
    await expect(judgeShare(share('project'), other)).rejects.toEqual(
      expect.objectContaining({ code: 'share.refused', fix: expect.stringContaining(':ro') }),
    );
  });

  it('refuses to read through a directory that whom QEMU runs as may not pass', async () => {
    const runAs = { uid: 60_800, gid: 60_800, groups: [], drop: true, subUid: 1, subGid: 1 };
    // mkdtemp makes directories of mode 0700.
    await expect(judgeShare(share('project', { mode: 'ro' }), { ...context, runAs })).rejects.toEqual(
      refusal('share.refused', `may not pass through ${dir}`),
    );
  });
});

describe('mountPoints', () => {
  it('reads octal escapes', () => {
    const text =
      '36 35 98:0 /mnt1 /mnt/with\\040space rw,noatime master:1 - ext3 /dev/root rw\n22 1 0:5 / /proc rw - proc proc rw\n';
    expect(mountPoints(text)).toEqual(['/mnt/with space', '/proc']);
  });
});
