import { describe, expect, it } from '@jest/globals';
import { detailedCode } from '../../../src/cli/plan.ts';
import { change, plan, step, vmPlan } from '../../support/events.ts';

describe('detailedCode', () => {
  const same = vmPlan('dev', { state: 'running', verdict: 'none' });

  it('is 0 when all is as declared', () => expect(detailedCode(plan([same], []))).toBe(0));

  it('is 2 when there is anything to do', () => expect(detailedCode(plan([same], [step('start', 'dev')]))).toBe(2));

  it('is 2 when something waits, although nothing is done', () => {
    expect(detailedCode(plan([{ ...same, pending: [change({ class: 'reboot' })] }], []))).toBe(2);
  });
});
