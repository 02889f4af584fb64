import { describe, expect, it } from '@jest/globals';
import { findProgram, firstSubId, parseAccount } from '../../../src/host/accounts.ts';
import { bitsFor, blockedAt } from '../../../src/host/reach.ts';
import { dedicated, environmentOf, requireOwnCode } from '../../../src/host/run-as.ts';

const ANN = { name: 'ann', uid: 1000, gid: 100, home: '/home/ann' };

describe('dedicated', () => {
  it.each(['/srv/a', '/srv/b', '/work', '/opt/some/long/path'])('gives %s numbers that nobody else has', (dir) => {
    const runAs = dedicated(dir, [108]);
    expect(runAs).toEqual(dedicated(dir, [108]));
    expect(runAs).toMatchObject({ gid: runAs.uid, groups: [108], drop: true, subGid: runAs.subUid });
    expect(runAs.uid).toBeGreaterThanOrEqual(60_706);
    expect(runAs.uid).toBeLessThan(61_184);
    expect(runAs.subUid! - 1_879_048_192).toBe(runAs.uid - 60_706);
  });
});

describe('environmentOf', () => {
  it('leaves nothing of root in it', () => {
    const vars = {
      PATH: '/usr/bin',
      HOME: '/root',
      USER: 'root',
      LOGNAME: 'root',
      XDG_RUNTIME_DIR: '/run/user/0',
      XDG_DATA_HOME: '/root/.local/share',
      XDG_CACHE_HOME: '/home/ann/cache',
      XDG_CONFIG_HOME: '/home/annabel/config',
    };
    expect(environmentOf(ANN, vars, false)).toEqual({
      PATH: '/usr/bin',
      HOME: '/home/ann',
      USER: 'ann',
      LOGNAME: 'ann',
      XDG_CACHE_HOME: '/home/ann/cache',
    });
    expect(environmentOf(ANN, vars, true)['XDG_RUNTIME_DIR']).toBe('/run/user/1000');
  });
});

describe('accounts', () => {
  it.each([
    ['ann:x:1000:100:Ann,,,:/home/ann:/bin/bash', ANN],
    ['ann:x:1000:100', null],
    ['+::::::', null],
    ['', null],
    ['ann:x:-1:100::/home/ann:', null],
  ])('reads %j', (line, account) => expect(parseAccount(line)).toEqual(account));

  const text = 'bob:100000:65536\n1000:165536:65536\nann:231072:65536\ncarol:5:0\n:7:7\n';
  it.each([
    ['ann', 1000, 165_536],
    ['bob', 1, 100_000],
    ['dave', 1001, null],
    ['carol', 2, null],
    [null, 1000, 165_536],
    [null, 3, null],
  ])('finds the subordinate ids of %s (%d)', (name, uid, id) => expect(firstSubId(text, { name, uid })).toBe(id));

  it('finds programs, and does not look into relative directories', async () => {
    expect(await findProgram('sh', '/usr/bin:/bin')).toMatch(/\/sh$/);
    expect(await findProgram('no-such-program-here')).toBeNull();
    expect(await findProgram('package.json', '.:')).toBeNull();
  });
});

describe('reach', () => {
  const who = { uid: 1000, gid: 100, groups: [20] };
  it.each([
    [{ uid: 1000, gid: 0, mode: 0o40_700 }, 7],
    [{ uid: 1000, gid: 100, mode: 0o40_077 }, 0],
    [{ uid: 0, gid: 100, mode: 0o40_750 }, 5],
    [{ uid: 0, gid: 20, mode: 0o40_710 }, 1],
    [{ uid: 0, gid: 0, mode: 0o40_711 }, 1],
    [{ uid: 0, gid: 0, mode: 0o40_700 }, 0],
  ])('%j → %d', (inode, bits) => expect(bitsFor(inode, who)).toBe(bits));

  it('can reach what anybody can', async () => expect(await blockedAt('/usr/bin/env', who)).toBeNull());
});

describe('requireOwnCode', () => {
  it('says who cannot read it, and where it is', () => {
    const nowhere = '/proc/self/no-such-directory';
    expect(() => requireOwnCode(ANN, nowhere)).toThrow('user ann cannot read it');
    expect(() => requireOwnCode(ANN, nowhere)).toThrow(expect.objectContaining({ code: 'host.path', exitCode: 69 }));
    expect(() => requireOwnCode(ANN)).not.toThrow();
  });
});
