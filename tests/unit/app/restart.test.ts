import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Context } from '../../../src/app/context.ts';
import { restart } from '../../../src/app/restart.ts';
import { hostEnv, machinePaths } from '../../../src/host/paths.ts';
import type { ShareConfig } from '../../../src/model/desired.ts';
import { vmConfig } from '../../fixtures/machines.ts';

let dir = '';

beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'ai-vm-restart-')));
  mkdirSync(join(dir, 'project'));
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** A project with one share; `prepare` is the first thing that `stop` does to the host. */
function context(share: Partial<ShareConfig>): Context {
  const project = join(dir, 'project');
  const uid = process.getuid?.() ?? 0;
  const shares = [
    { path: join(project, 'work'), target: '/work', mode: 'ro', driver: 'auto', allowSensitive: false, ...share },
  ];
  const desired = { name: 'p', dir: project, files: [], location: 'user', vms: [vmConfig({ shares } as never)] };
  const paths = {
    state: join(dir, 'state'),
    runtime: join(dir, 'run'),
    lock: join(dir, 'lock'),
    approvals: join(dir, 'p.json'),
    adHoc: join(dir, 'ad-hoc.yaml'),
  };
  const parts = {
    project: {
      ...{ name: 'p', dir: project, file: join(project, 'ai-vm.yaml'), paths, problem: null },
      desired: { ...desired, drawn: [], borrowed: [] },
      machine: (vm: string) => machinePaths(paths as never, vm),
      env: hostEnv({ AI_VM_HOME: join(dir, 'home') }),
      judging: {
        runAs: { uid, gid: uid, groups: [], drop: false, subUid: null, subGid: null },
        ...{ homes: [], stateDirs: [], projectDir: project },
      },
    },
    ...{ emit: () => undefined, word: [] },
    prepare: () => Promise.reject(new Error('the machine would have been stopped')),
  };
  return parts as unknown as Context;
}

const options = { vms: [], grace: null };

describe('restart', () => {
  it('stops nothing when the machine would not be started again for want of consent', async () => {
    await expect(restart(context({ path: join(dir) }), options)).rejects.toMatchObject({ code: 'approval.needed' });
  });

  it('stops nothing when a share would be refused', async () => {
    symlinkSync('/nowhere', join(dir, 'project', 'work'));
    await expect(restart(context({}), options)).rejects.toMatchObject({ code: 'share.missing' });
  });

  it('goes on to stop when nothing is in the way', async () => {
    mkdirSync(join(dir, 'project', 'work'));
    await expect(restart(context({}), options)).rejects.toThrow('would have been stopped');
  });
});
