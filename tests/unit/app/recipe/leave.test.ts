import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Context, Project } from '../../../../src/app/context.ts';
import { beginningOf, recipeOf } from '../../../../src/app/recipe/leave.ts';
import type { Recipe } from '../../../../src/app/recipe/text.ts';
import type { Applied } from '../../../../src/model/machine.ts';
import type { Observed } from '../../../../src/model/observed.ts';
import { applied, identity, OUTSIDE, paths, running, vmConfig } from '../../../fixtures/machines.ts';

let dir: string;
beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'ai-vm-leave-')));
  for (const name of ['lock', 'identity.json', 'applied.json', 'ai-vm.yaml']) writeFileSync(join(dir, name), '');
});
afterEach(() => rmSync(dir, { recursive: true }));

const ENV = { HOME: '/home/me', STAGE: 'test', KEY: 'real' };

interface Given {
  readonly project?: Partial<Project>;
  readonly seen?: Partial<Observed>;
  readonly record?: Partial<Applied>;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** The variable of a secret. */
  readonly from?: string;
}

/** Of an `exec` for whose project STAGE was asked for. */
function recipe({ project, seen, record, env = {}, cwd = '', from = 'OTHER' }: Given): Promise<Recipe | null> {
  const config = vmConfig({ secrets: [{ name: 'API', from, hosts: [] }] });
  const of = { ...applied(config), ...record };
  const machine = { ...paths(), identity: join(dir, 'identity.json'), applied: join(dir, 'applied.json') };
  const whole = {
    ...{ dir, adHoc: null, problem: null, desired: { files: [join(dir, 'ai-vm.yaml')], vms: [config] } },
    ...{ loaded: { candidates: [], warnings: [] }, paths: { lock: join(dir, 'lock') }, machine: () => machine },
    ...project,
  };
  const { sightings } = running(config);
  const looked = running(config, { applied: of, sightings: { ...sightings, gateway: null }, ...seen });
  const target = { vm: 'dev', identity: identity(), applied: of, seen: looked };
  const beginning = beginningOf(join(dir, cwd), { ...ENV, ...env });
  expect(beginning.heard.env['STAGE']).toBe('test');
  return recipeOf({ project: whole } as unknown as Context, target, beginning);
}

it('is left with what was asked for, and the ssh', async () => {
  const { variables, unchanged, socket, argv } = (await recipe({}))!;
  expect(Object.fromEntries(variables)).toMatchObject({ HOME: '/home/me', STAGE: 'test', AI_VM_HOME: null });
  expect(variables.has('KEY')).toBe(false);
  expect(unchanged).toContain(join(dir, 'ai-vm.yaml'));
  expect(socket).toBe(paths().sshControl);
  expect(argv.at(-1)).toMatch(/exec $/u);
});

it.each<[string, Given]>([
  ['the variable of a secret has a part in it', { from: 'STAGE' }],
  ['the file is faulty', { project: { problem: new Error('faulty') } as unknown as Partial<Project> }],
  ['there is no file', { project: { adHoc: {} } as unknown as Partial<Project> }],
  ['it was not read', { project: { loaded: null } }],
  ['there is a warning', { project: { loaded: { candidates: [], warnings: [{}] } } as unknown as Partial<Project> }],
  ['the machine is paused', { seen: { state: 'paused' } }],
  ['it cannot be looked at', { seen: { problem: 'no answer' } }],
  ['it has no process', { seen: { process: null } }],
  ['its record is gone', { seen: { applied: null } }],
  ['it is frozen', { record: { frozen: true } }],
  ['variables come from files elsewhere', { env: { AI_VM_ENV_FILE: '/elsewhere' } }],
  ['the command is typed outside of the project', { cwd: '..' }],
])('is not left where %s', async (_what, given) => {
  mkdirSync(join(dir, 'sub'));
  expect(await recipe(given)).toBeNull();
});

it('is not left where its gateway is not there', async () => {
  const { sightings } = running(vmConfig({ network: OUTSIDE }));
  expect(sightings.gateway).not.toBeNull();
  expect(await recipe({ seen: { sightings } })).toBeNull();
});
