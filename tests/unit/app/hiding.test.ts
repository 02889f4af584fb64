import { describe, expect, it } from '@jest/globals';
import type { Context } from '../../../src/app/context.ts';
import { hiddenAsk, hiddenPlan } from '../../../src/app/hiding.ts';
import type { Plan } from '../../../src/model/plan.ts';

const variables = [
  { name: 'HOST_TOKEN', value: 'hunter2', from: 'environment' },
  { name: 'FILE_TOKEN', value: '/etc/shadow', from: 'file' },
];
const project = { desired: { secrets: ['PLAIN'], vms: [{ env: { PLAIN: 'literal' } }] }, loaded: { variables } };
const context = { project } as unknown as Context;

describe('what is hidden', () => {
  it('of a plan are values, and not what things are called', () => {
    const change = { field: 'labels.literal', before: 'a literal', after: 'hunter2' };
    const plan = { steps: [], vms: [{ vm: 'hunter2', changes: [change], pending: [change] }] } as unknown as Plan;
    const hidden = { field: 'labels.literal', before: 'a [hidden]', after: '[hidden]' };
    expect(hiddenPlan(context, plan).vms).toEqual([{ vm: 'hunter2', changes: [hidden], pending: [hidden] }]);
  });

  it('of what is asked is nothing that the file could have named a secret', () => {
    const ask = { vm: 'dev', digest: 'd', risk: '', text: 'read /etc/shadow, literal and hunter2' };
    expect(hiddenAsk(context)(ask)).toEqual({ ...ask, text: 'read /etc/shadow, literal and [hidden]' });
  });
});
