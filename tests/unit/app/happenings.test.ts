import { describe, expect, it } from '@jest/globals';
import { actionsBetween } from '../../../src/app/happenings.ts';
import { absent, applied, running, vmConfig } from '../../fixtures/machines.ts';
import type { Observed } from '../../../src/model/observed.ts';

const vm = vmConfig();
const runs = running(vm);
const starting: Observed = { ...runs, state: 'starting' };
const stopped: Observed = { ...runs, state: 'stopped', process: null, applied: applied(vm, { stopped: true }) };
const dead: Observed = { ...stopped, state: 'dead', applied: applied(vm, { stopped: false }) };
const other: Observed = { ...runs, process: { pid: 43, startTime: '2' } };
const changed: Observed = { ...runs, applied: applied(vmConfig({ cpus: 1 })) };

describe('what has happened between two looks', () => {
  it.each<[string, Observed, Observed, string[]]>([
    ['nothing', runs, runs, []],
    ['it came to be', absent(), starting, ['created', 'started']],
    ['it came to be, and was ready before we looked', absent(), runs, ['created', 'started', 'ready']],
    ['it came up', starting, runs, ['ready']],
    ['it was stopped', runs, stopped, ['stopped']],
    ['it died', runs, dead, ['died']],
    ['it was suspended', runs, { ...stopped, suspended: true }, ['suspended']],
    ['it was restarted', runs, other, ['died', 'started', 'ready']],
    ['it was paused', runs, { ...runs, state: 'paused' }, ['paused']],
    ['it was unpaused', { ...runs, state: 'paused' }, runs, ['unpaused']],
    ['it was changed', runs, changed, ['changed']],
    ['it was deleted', stopped, absent(), ['removed']],
    ['it was deleted while it ran', runs, absent(), ['stopped', 'removed']],
  ])('%s', (_what, before, now, actions) => expect(actionsBetween(before, now)).toEqual(actions));
});
