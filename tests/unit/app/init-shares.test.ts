import { chmodSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { judgingFor, ownShare, refusedShares } from '../../../src/app/init-shares.ts';
import type { RunAs } from '../../../src/model/capabilities.ts';
import type { ShareConfig } from '../../../src/model/desired.ts';
import { vmConfig } from '../../fixtures/machines.ts';

const me = process.getuid?.() ?? 0;
const runAs = (uid: number): RunAs => ({ uid, gid: uid, groups: [], drop: uid !== me, subUid: null, subGid: null });
/** Whom a project of root is served as. */
const OTHER = 60_900;

describe('shares of a file that is begun', () => {
  let dir = '';
  beforeEach(() => {
    dir = realpathSync(mkdtempSync(join(tmpdir(), 'ai-vm-init-')));
    chmodSync(dir, 0o755);
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('have the directory itself for writing where it belongs to whom QEMU runs as', async () => {
    expect(await ownShare(await judgingFor(dir, runAs(me), '/home/ann'))).toEqual({ mode: 'rw', why: null });
  });

  it('have it for reading where it belongs to somebody else, with what would make it writable', async () => {
    const { mode, why } = await ownShare(await judgingFor(dir, runAs(OTHER), '/home/ann'));
    expect(mode).toBe('ro');
    expect(why).toContain('Nothing is ever written as root');
    expect(why).toContain('--share-rw ./work');
    expect(why).toContain(`chown -R ${OTHER} '${dir}'`);
  });

  it('have it not at all where it is nobody’s to read, or holds what is not shared', async () => {
    chmodSync(dir, 0o700);
    expect(await ownShare(await judgingFor(dir, runAs(OTHER), '/home/ann'))).toMatchObject({
      ...{ mode: null, why: expect.stringContaining('this directory is not shared') },
    });
    const home = await ownShare(await judgingFor(dir, runAs(me), dir));
    expect(home).toMatchObject({ mode: null, why: expect.stringContaining('a whole home directory') });
  });

  it('are told of where up would refuse them, once each, and none is made', async () => {
    mkdirSync(join(dir, 'there'));
    symlinkSync('/proc', join(dir, 'kernel'));
    const share = (path: string, mode: 'rw' | 'ro'): ShareConfig => ({
      ...{ path: join(dir, path), target: `/mnt/${path}`, mode, driver: 'auto', allowSensitive: false },
    });
    const vm = vmConfig({
      shares: [share('there', 'rw'), share('none', 'rw'), share('there', 'ro'), share('kernel', 'ro')],
    });
    const told = await refusedShares([vm, vm], await judgingFor(dir, runAs(OTHER), '/home/ann'));
    expect(told).toHaveLength(2);
    expect(told[0]).toContain(`the share ${dir}/there is refused`);
    expect(told[1]).toContain('It is /proc.');
    expect(existsSync(join(dir, 'none'))).toBe(false);
  });
});
