import { describe, expect, it } from '@jest/globals';
import { AiVmError } from '../../../src/model/errors.ts';
import type { Event } from '../../../src/model/events.ts';
import type { ProgressMode, Reporter } from '../../../src/report/reporter.ts';
import { createReporter, resolveMode } from '../../../src/report/reporter.ts';
import { change, plan, step, vmPlan } from '../../support/events.ts';
import { Terminal } from '../../support/terminal.ts';

const UTF8 = { LANG: 'C.UTF-8' };
const start = step('start', 'dev');
const ready = step('ready', 'dev', ['start:dev']);
const failure = new AiVmError('qemu.died', 'QEMU died at its start', {
  why: 'no such device',
  fix: 'ai-vm doctor',
  vm: 'dev',
});

class Clock {
  ms = 0;
  readonly now = (): number => this.ms;
}

function setUp(
  mode: ProgressMode,
  { env = UTF8, columns = 80 }: { env?: Record<string, string>; columns?: number } = {},
): { terminal: Terminal; reporter: Reporter; clock: Clock } {
  const terminal = new Terminal(columns, 24);
  const clock = new Clock();
  return { terminal, clock, reporter: createReporter({ mode, stream: terminal, env, now: clock.now }) };
}

async function run(reporter: Reporter, events: readonly Event[]): Promise<void> {
  for (const event of events) reporter.emit(event);
  await reporter.close();
}

describe('resolveMode', () => {
  it.each([
    [true, {}, 'tty'],
    [false, {}, 'plain'],
    [undefined, {}, 'plain'],
    [true, { TERM: 'dumb' }, 'plain'],
    [true, { CI: 'true' }, 'plain'],
  ])('terminal %s, %j: %s', (isTTY, env, expected) => {
    expect(resolveMode('auto', { write: () => true, isTTY }, env)).toBe(expected);
  });
  it('does as it is told', () => {
    expect(resolveMode('json', { write: () => true, isTTY: true }, {})).toBe('json');
  });
});

describe('plain', () => {
  it('has a line for each thing that happened', async () => {
    const { terminal, reporter } = setUp('plain');
    await run(reporter, [
      { type: 'plan', plan: plan([vmPlan('dev')], [start, ready]) },
      { type: 'info', message: 'no KVM here' },
      { type: 'step-started', step: start },
      { type: 'step-done', step: start, ms: 1234 },
      { type: 'step-skipped', step: ready, because: 'not asked for' },
      { type: 'warning', message: 'memory is short', vm: 'dev' },
      { type: 'info', message: 'saving the memory of dev', vm: 'dev' },
      { type: 'finished', ok: true },
    ]);
    expect(terminal.writes.join('')).toBe(
      [
        'no KVM here',
        'start dev ...',
        'start dev: done in 1.2 s',
        'ready dev: skipped: not asked for',
        'warning: dev: memory is short',
        'saving the memory of dev',
        '',
      ].join('\n'),
    );
  });

  it('tells progress seldom, and not the same twice', async () => {
    const { terminal, reporter, clock } = setUp('plain');
    reporter.emit({ type: 'step-started', step: start });
    for (const [at, text] of [
      [100, 'a'],
      [10_000, 'b'],
      [19_999, 'c'],
      [20_000, 'b'],
      [20_001, 'd'],
    ] as const) {
      clock.ms = at;
      reporter.emit({ type: 'step-progress', step: start, text, fraction: 0.5 });
    }
    await reporter.close();
    expect(terminal.screen).toEqual(['start dev ...', 'start dev: 50 % b', 'start dev: 50 % d']);
  });

  it('sends no control sequence, whatever a guest says and the environment wants', async () => {
    const { terminal, reporter } = setUp('plain', { env: { ...UTF8, FORCE_COLOR: '1' } });
    await run(reporter, [
      { type: 'plan', plan: plan([vmPlan('dev', { changes: [change({ after: '\u001b[31m' })] })], []) },
      { type: 'step-started', step: { ...start, title: 'start \u001b]0;owned\u0007' } },
      { type: 'step-progress', step: ready, text: '\u001b[2J\u009b2J' },
      { type: 'step-failed', step: start, error: failure },
      { type: 'warning', message: '\u001b[2J', vm: '\r' },
    ]);
    expect(terminal.writes.join('')).not.toMatch(/(?!\n)\p{Cc}/u);
  });

  it('shows the plan when a machine that is there is changed', async () => {
    const { terminal, reporter } = setUp('plain');
    await run(reporter, [
      { type: 'plan', plan: plan([vmPlan('dev', { state: 'running', verdict: 'none', changes: [change()] })], []) },
    ]);
    expect(terminal.screen.join('\n')).toContain('memory  4 GiB → 8 GiB');
  });
});

describe('telling errors', () => {
  it.each(['plain', 'quiet', 'tty'] as const)('%s tells a failed step in full, once', async (mode) => {
    const { terminal, reporter } = setUp(mode);
    reporter.emit({ type: 'step-started', step: start });
    reporter.emit({ type: 'step-failed', step: start, error: failure });
    await reporter.close();
    reporter.fail(failure);
    reporter.fail(new AggregateError([failure]));
    const text = terminal.screen.join('\n');
    expect(text.match(/error: dev: QEMU died at its start/gu)).toHaveLength(1);
    expect(text.match(/why: no such device/gu)).toHaveLength(1);
    reporter.fail(new AiVmError('usage', 'another error'));
    expect(terminal.screen.join('\n')).toContain('error: another error');
  });

  it('tells a group of errors of which one is new', () => {
    const { terminal, reporter } = setUp('quiet');
    reporter.fail(failure);
    reporter.fail(new AggregateError([failure, new AiVmError('usage', 'new')]));
    expect(terminal.screen.join('\n')).toContain('error: new');
  });

  it('quiet says nothing else', async () => {
    const { terminal, reporter } = setUp('quiet');
    await run(reporter, [
      { type: 'step-started', step: start },
      { type: 'warning', message: 'w' },
      { type: 'step-done', step: start, ms: 1 },
    ]);
    expect(terminal.writes).toEqual([]);
  });
});

describe('json', () => {
  it('gives one object a line, with a version', async () => {
    const { terminal, reporter } = setUp('json');
    await run(reporter, [
      { type: 'step-started', step: start },
      { type: 'step-failed', step: start, error: failure },
      { type: 'finished', ok: false },
    ]);
    reporter.fail(failure);
    reporter.fail(new TypeError('odd'));
    const lines = terminal.writes.join('').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { version: 1, type: 'step-started', step: start },
      {
        version: 1,
        type: 'step-failed',
        step: start,
        error: {
          code: 'qemu.died',
          message: 'QEMU died at its start',
          why: 'no such device',
          fix: 'ai-vm doctor',
          vm: 'dev',
        },
      },
      { version: 1, type: 'finished', ok: false },
      { version: 1, type: 'error', error: { code: 'internal', message: 'odd' } },
    ]);
  });
});
