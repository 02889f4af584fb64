import { describe, expect, it } from '@jest/globals';
import type { Context } from '../../../src/app/context.ts';
import { welcomeOf } from '../../../src/app/welcome.ts';
import { absent, paths, running, vmConfig } from '../../fixtures/machines.ts';
import { plan, step, vmPlan } from '../../support/events.ts';

/** Its machines have no files: whoever looks finds nothing. */
const CONTEXT = { project: { machine: paths } } as unknown as Context;

describe('welcomeOf', () => {
  const dev = vmConfig();

  it('does not look again at a machine that the plan has left alone', async () => {
    const untouched = plan([vmPlan('dev', { state: 'running', verdict: 'none' })], []);
    const { vms, converged } = await welcomeOf(CONTEXT, untouched, [dev], new Map([['dev', running(dev)]]));
    expect(converged).toBe(true);
    expect(vms[0]).toMatchObject({ state: 'running', sshPort: running(dev).applied?.sshPort });
  });

  it('looks anew at one that was worked on', async () => {
    const worked = plan([vmPlan('dev', { state: 'running', verdict: 'stop' })], [step('stop', 'dev')]);
    const { vms } = await welcomeOf(CONTEXT, worked, [dev], new Map([['dev', running(dev)]]));
    expect(vms[0]?.state).toBe(absent().state);
  });
});
