/** Who a process of root becomes: tried in processes of their own, since there is no way back. */
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import type { RunAs } from '../../../src/model/capabilities.ts';
import { isRoot, makeUser, removeUser } from '../script/machine.ts';

interface Told {
  readonly runAs: RunAs;
  readonly uids: readonly number[];
  readonly groups: readonly number[];
  readonly home: string;
  readonly xdg: string | null;
  readonly children: number;
}

let dir = '';
let user: RunAs;
beforeAll(async () => {
  user = makeUser();
  dir = realpathSync(mkdtempSync('/tmp/ai-vm-run-as-'));
  chmodSync(dir, 0o755);
  const stdin = {
    resolveDir: import.meta.dirname,
    loader: 'ts',
    contents: `
      import { execFileSync } from 'node:child_process';
      import { homedir } from 'node:os';
      import { settleRunAs } from '../../../src/host/run-as.ts';
      settleRunAs(process.argv[2]).then((runAs) => process.stdout.write(JSON.stringify({
        runAs,
        uids: [process.getuid(), process.geteuid(), process.getgid(), process.getegid()],
        groups: process.getgroups(),
        home: homedir(),
        xdg: process.env.XDG_DATA_HOME ?? null,
        children: Number(execFileSync('id', ['-u'])),
      })));`,
  } as const;
  await build({
    stdin,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    define: { 'import.meta.dirname': '__dirname' },
    outfile: join(dir, 'settle.cjs'),
    logLevel: 'silent',
  });
});
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
  removeUser();
});

function settle(project: string): Told {
  const env = { ...process.env, XDG_DATA_HOME: '/root/data' };
  return JSON.parse(
    execFileSync(process.execPath, [join(dir, 'settle.cjs'), project], { env, encoding: 'utf8' }),
  ) as Told;
}

function project(name: string, uid: number): string {
  const path = join(dir, name);
  mkdirSync(path);
  writeFileSync(join(path, 'ai-vm.yaml'), '');
  if (isRoot) chownSync(path, uid, uid);
  return path;
}

const self = (): Told => {
  const [uid = 0, gid = 0] = [process.getuid?.(), process.getgid?.()];
  return { ...settle(project('own', uid)), uids: [uid, uid, gid, gid] };
};

describe('settleRunAs', () => {
  it('leaves nobody as root', () => {
    const told = self();
    expect(told.runAs.uid).toBeGreaterThan(0);
    expect(told.runAs.drop).toBe(isRoot);
    expect(told.children).toBe(process.getuid?.());
  });
});

// An ordinary user cannot become anybody: for one, there is nothing to try.
if (isRoot) {
  describe('settleRunAs of root', () => {
    it('becomes the owner of the project, for good', () => {
      const told = settle(project('theirs', user.uid));
      expect(told.uids).toEqual([user.uid, user.uid, user.gid, user.gid]);
      expect(told.groups).not.toContain(0);
      expect(told.children).toBe(user.uid);
      expect(told.runAs).toEqual(user);
      expect(told.home).toMatch(/^\/home\//);
      expect(told.xdg).toBeNull();
    });

    it('serves the project of nobody in particular under a number of its own', () => {
      const told = settle(project('foreign', 54_321));
      expect(told.uids[0]).toBe(0);
      expect(told.runAs).toMatchObject({ drop: true });
      expect(told.runAs.uid).toBeGreaterThanOrEqual(60_706);
    });
  });
}
