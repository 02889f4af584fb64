import { describe, expect, it } from '@jest/globals';
import { mayRestart, restartsDue } from '../../../src/reconcile/consent.ts';
import { change, plan, vmPlan } from '../../support/events.ts';

const nested = change({ field: 'nested', class: 'reboot', before: 'true', after: 'false' });
const audio = change({ field: 'audio', class: 'reboot' });

describe('restartsDue', () => {
  it('is what machines that run wait for, but for a new disk', () => {
    const packages = change({ field: 'packages', class: 'recreate' });
    const vms = [
      vmPlan('dev', { state: 'running', verdict: 'change', pending: [nested, packages] }),
      vmPlan('disk', { state: 'running', verdict: 'none', pending: [packages] }),
      vmPlan('gone', { state: 'stopped', verdict: 'start', pending: [nested] }),
      vmPlan('half', { state: 'starting', verdict: 'restart', pending: [nested] }),
      // Nothing is changed on a machine that stands still.
      vmPlan('still', { state: 'paused', verdict: 'none', pending: [change()] }),
    ];
    expect(restartsDue(plan(vms, []))).toEqual([
      { vm: 'dev', changes: [nested] },
      { vm: 'still', changes: [change()] },
    ]);
  });
});

describe('mayRestart', () => {
  const asked = new Map([['dev', [nested, audio]]]);

  it('goes by yes or no where that was said', () => {
    expect(mayRestart(true, 'dev', [nested])).toBe(true);
    expect(mayRestart(false, 'dev', [nested])).toBe(false);
  });

  it('is for what was asked about, or for less of it', () => {
    expect(mayRestart(asked, 'dev', [nested, audio])).toBe(true);
    expect(mayRestart(asked, 'dev', [audio])).toBe(true);
  });

  it('is never for another machine, another change, another value, or nothing', () => {
    expect(mayRestart(asked, 'db', [nested])).toBe(false);
    expect(mayRestart(asked, 'dev', [nested, change({ field: 'shares', class: 'reboot' })])).toBe(false);
    expect(mayRestart(asked, 'dev', [{ ...nested, after: 'other' }])).toBe(false);
    expect(mayRestart(asked, 'dev', [])).toBe(false);
  });
});
