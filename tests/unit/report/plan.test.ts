import { describe, expect, it } from '@jest/globals';
import { renderPlan, renderRestarts } from '../../../src/report/plan.ts';
import { makeStyle } from '../../../src/report/style.ts';
import { change, plan, step, vmPlan } from '../../support/events.ts';

const golden = (text: string): string => text.replace(/^\n/u, '').trimEnd();

describe('renderPlan', () => {
  it('of new machines', () => {
    const steps = [
      step('image', 'dev'),
      step('create', 'dev', ['image:dev']),
      step('start', 'dev', ['create:dev']),
      step('start', 'db', ['start:dev', 'image:dev']),
    ];
    expect(renderPlan(plan([vmPlan('dev'), vmPlan('db', { state: 'stopped', verdict: 'start' })], steps))).toBe(
      golden(`
dev (absent) will be created

db (stopped) will be started

Steps:
  1. image dev
  2. create dev  after 1
  3. start dev   after 2
  4. start db    after 3, 1
`),
    );
  });

  it('of changes: what, from what to what, how, and why', () => {
    const dev = vmPlan('dev', {
      state: 'running',
      verdict: 'restart',
      changes: [
        change({ class: 'reboot', reason: 'QEMU is given its memory when it starts' }),
        change({ field: 'ports 127.0.0.1:8080/tcp', before: 'none', after: ':80' }),
      ],
      pending: [
        change({
          field: 'image',
          class: 'recreate',
          before: 'a1',
          after: 'b2',
          reason: 'its disk was made from another image',
        }),
      ],
    });
    expect(renderPlan(plan([dev, vmPlan('web', { state: 'running', verdict: 'none' })], [step('stop', 'dev')]))).toBe(
      golden(`
dev (running) will be RESTARTED
  ! memory                    4 GiB → 8 GiB  REBOOT
    QEMU is given its memory when it starts
  ~ ports 127.0.0.1:8080/tcp  none → :80     live
  not now: it takes a new disk (up --recreate dev --yes)
  ! image  a1 → b2  RECREATE
    its disk was made from another image

web (running) is as declared

Steps:
  1. stop dev
`),
    );
  });

  it('puts what waits by what it waits for', () => {
    const nested = change({
      field: 'nested',
      class: 'reboot',
      before: 'true',
      after: 'false',
      reason: 'the CPU model is fixed',
    });
    const packages = change({ field: 'packages jq', class: 'recreate', before: 'none', after: 'jq' });
    const dev = vmPlan('dev', {
      state: 'running',
      verdict: 'change',
      changes: [
        change({ field: 'env EDITOR', before: 'none', after: 'set', reason: 'dev could not make its users: no space' }),
        change({
          field: 'ports 127.0.0.1:8080/tcp',
          before: 'none',
          after: 'guest port 80',
          reason: 'it is not as it was left',
          drift: true,
        }),
      ],
      pending: [nested, packages, { ...nested, field: 'audio', before: 'none', after: 'pa', reason: '' }],
    });
    const still = vmPlan('still', { state: 'paused', verdict: 'none', pending: [change()] });
    const asleep = vmPlan('asleep', { state: 'stopped', verdict: 'start', pending: [change(), nested] });
    expect(renderPlan(plan([dev, still, asleep], [step('change', 'dev')]))).toBe(
      golden(`
dev (running) will be changed while it runs
  ~ env EDITOR                none → set            live
    dev could not make its users: no space
  ~ ports 127.0.0.1:8080/tcp  none → guest port 80  live, drift
    it is not as it was left
  not now: it takes a restart (up --restart)
  ! nested  true → false  REBOOT
    the CPU model is fixed
  ! audio   none → pa     REBOOT
  not now: it takes a new disk (up --recreate dev --yes)
  ! packages jq  none → jq  RECREATE

still (paused) is left as it is for now
  not now: it stands still (or restarts: up --restart)
  ~ memory  4 GiB → 8 GiB  live

asleep (stopped) will be started
  not now: it goes on where it was suspended (or boots: up --cold)
  ~ memory  4 GiB → 8 GiB  live
  ! nested  true → false   REBOOT
    the CPU model is fixed

Steps:
  1. change dev
`),
    );
  });

  it('asks in the same words as it plans', () => {
    const due = [
      {
        vm: 'dev',
        changes: [change({ field: 'nested', class: 'reboot', before: 'true', after: 'false', reason: 'x' })],
      },
    ];
    expect(renderRestarts(due, makeStyle(false, true))).toBe(
      golden(`
dev has to be RESTARTED for
  ! nested  true → false  REBOOT
    x
`),
    );
  });

  it('says aloud that a disk will be deleted', () => {
    const text = renderPlan(
      plan([vmPlan('dev', { state: 'stopped', verdict: 'recreate' })], [step('delete', 'dev')]),
      makeStyle(true, true),
    );
    expect(text).toContain('\u001b[31mwill be RECREATED: its disk is deleted\u001b[39m');
  });

  it('does not claim to know a machine that does not answer', () => {
    const silent = vmPlan('dev', { state: 'unknown', verdict: 'none' });
    expect(renderPlan(plan([silent], []))).toBe('dev (unknown) does not answer and is left alone');
  });

  it('of nothing', () => {
    const same = { state: 'running', verdict: 'none' } as const;
    expect(renderPlan(plan([], []))).toBe('Nothing to do: no machine is asked for.');
    expect(renderPlan(plan([vmPlan('dev', same)], []))).toBe('Nothing to do: dev is as declared.');
    expect(renderPlan(plan([vmPlan('dev', same), vmPlan('db', same)], []))).toBe(
      'Nothing to do: dev, db are as declared.',
    );
  });

  it('is not nothing while something waits', () => {
    const text = renderPlan(
      plan([vmPlan('dev', { state: 'running', verdict: 'none', pending: [change({ class: 'reboot' })] })], []),
    );
    expect(text).toContain('not now: it takes a restart (up --restart)\n  ! memory  4 GiB → 8 GiB  REBOOT');
  });

  it('does it in ASCII, and lets no control character of a value through', () => {
    const dev = vmPlan('dev', { changes: [change({ before: '日本', after: '\u001b[2J\n' })] });
    expect(renderPlan(plan([dev], []), makeStyle(false, false))).toContain('日本 -> \\x1b[2J  live');
  });
});
