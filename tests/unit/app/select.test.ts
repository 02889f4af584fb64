import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Context } from '../../../src/app/context.ts';
import { activeMachines, chooseDeclared, chooseToStart, takingPart } from '../../../src/app/select.ts';
import type { VmConfig } from '../../../src/model/desired.ts';
import { vmConfig } from '../../fixtures/machines.ts';

const state = mkdtempSync(join(tmpdir(), 'select-'));
afterAll(() => rmSync(state, { recursive: true }));

function context(vms: Record<string, Partial<VmConfig>>, profiles: string[] = []): Context {
  const all = Object.entries(vms).map(([name, over]) => vmConfig({ name, ...over }));
  const project = { desired: { vms: all }, profiles, problem: null, paths: { state } };
  return { project, emit: () => undefined } as unknown as Context;
}

const needs = (...names: string[]): Pick<VmConfig, 'dependsOn'> => ({
  dependsOn: names.map((vm) => ({ vm, condition: 'ready' })),
});

describe('machines that nobody names', () => {
  const vms = { always: {}, full: { profiles: ['full', 'x'] }, debug: { profiles: ['debug'] } };
  it.each([
    [[], ['always']],
    [['x'], ['always', 'full']],
    [
      ['debug', 'full'],
      ['always', 'full', 'debug'],
    ],
    [['*'], ['always', 'full', 'debug']],
    [['gone'], ['always']],
  ])('with the profiles %j are %j', (profiles, names) => expect(activeMachines(context(vms, profiles))).toEqual(names));
});

describe('what a machine depends on', () => {
  const vms = { web: needs('api'), api: { ...needs('db'), profiles: ['x'] }, db: { profiles: ['y'] }, other: {} };

  it('is started along with it, and what that depends on, whatever its profiles', async () => {
    expect(await chooseToStart(context(vms), ['web'])).toEqual(['api', 'db', 'web']);
    expect(await chooseToStart(context(vms), [])).toEqual(['api', 'db', 'other', 'web']);
  });

  it('takes part with it', () =>
    expect(takingPart(context({ ...vms, api: { ...vms.api, profiles: [] } }))).toEqual(['api', 'db', 'other', 'web']));

  it('is not restarted with it', async () => expect(await chooseDeclared(context(vms), ['web'])).toEqual(['web']));
});
