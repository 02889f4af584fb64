import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { give, readAsks } from '../../../src/app/approvals.ts';
import type { Context } from '../../../src/app/context.ts';
import { judgeShares } from '../../../src/app/shares.ts';
import { hash8, hostEnv } from '../../../src/host/paths.ts';
import type { ShareConfig } from '../../../src/model/desired.ts';
import { vmConfig } from '../../fixtures/machines.ts';

let dir = '';

beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'ai-vm-shares-')));
  for (const name of ['project', 'private', 'approvals']) mkdirSync(join(dir, name));
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

const share = (): ShareConfig => ({
  path: join(dir, 'project', 'work'),
  target: '/work',
  mode: 'ro',
  driver: 'auto',
  allowSensitive: false,
});

function context(): Context {
  const project = join(dir, 'project');
  const uid = process.getuid?.() ?? 0;
  const runAs = { uid, gid: uid, groups: [], drop: false, subUid: null, subGid: null };
  const desired = {
    name: 'p',
    dir: project,
    files: [],
    location: 'user',
    vms: [vmConfig({ shares: [share()] })],
    drawn: [],
    borrowed: [],
  };
  const parts = {
    word: [],
    project: {
      dir: project,
      file: join(project, 'ai-vm.yaml'),
      desired,
      paths: { approvals: join(dir, 'approvals', 'p.json') },
      machine: (name: string) => ({ applied: join(dir, name, 'applied.json') }),
      env: hostEnv({ AI_VM_HOME: join(dir, 'home') }),
      judging: { runAs, homes: [], stateDirs: [], projectDir: project },
    },
  };
  return parts as unknown as Context;
}

const vm = () => vmConfig({ shares: [share()] });

describe('judgeShares', () => {
  it('needs no consent to a directory of the project', async () => {
    mkdirSync(join(dir, 'project', 'work'));
    const judged = await judgeShares(context(), vm(), []);
    expect(judged.get(share().path)?.path).toBe(join(dir, 'project', 'work'));
  });

  it('refuses a directory in which another project keeps its machines', async () => {
    const other = join(dir, 'project', 'work', 'other');
    const id = `other-${hash8(other)}`;
    mkdirSync(join(other, '.ai-vm'), { recursive: true });
    mkdirSync(join(dir, 'home', 'projects', id), { recursive: true });
    const place = { formatVersion: 1, name: 'other', dir: other, location: 'project' };
    writeFileSync(join(dir, 'home', 'projects', id, 'project.json'), JSON.stringify(place));
    await expect(judgeShares(context(), vm(), [])).rejects.toMatchObject({
      code: 'share.refused',
      why: expect.stringContaining(`${other}/.ai-vm`),
    });
  });

  it('asks again when a symlink has been put in the place of a directory that needed no consent', async () => {
    mkdirSync(join(dir, 'project', 'work'));
    expect((await readAsks(context())).pending).toEqual([]);
    rmSync(join(dir, 'project', 'work'), { recursive: true });
    symlinkSync(join(dir, 'private'), join(dir, 'project', 'work'));
    await expect(judgeShares(context(), vm(), [])).rejects.toMatchObject({ code: 'approval.needed' });
  });

  it('serves what a symlink leads to after consent to just that', async () => {
    symlinkSync(join(dir, 'private'), join(dir, 'project', 'work'));
    await give(context(), (await readAsks(context())).pending);
    const judged = await judgeShares(context(), vm(), []);
    expect(judged.get(share().path)?.path).toBe(join(dir, 'private'));
  });
});
