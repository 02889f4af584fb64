import { describe, expect, it } from '@jest/globals';
import { keyOf, makeTeller } from '../../../../src/app/watch/tell.ts';
import { AiVmError, ConfigError } from '../../../../src/model/errors.ts';
import type { Event } from '../../../../src/model/events.ts';
import { eventLine } from '../../../../src/report/lines.ts';
import { makeStyle } from '../../../../src/report/style.ts';
import { change, plan, step, vmPlan } from '../../../support/events.ts';

const style = makeStyle(false, true);

function listen() {
  const events: Event[] = [];
  const teller = makeTeller(
    (event) => events.push(event),
    () => new Date('2026-01-01T12:00:00Z'),
  );
  const lines = (): string[] =>
    events.splice(0).map((event) => (eventLine(event, style) ?? '').replace(/^\d\d:\d\d:\d\d /, ''));
  return { teller, lines };
}

describe('a watch tells', () => {
  it('of a plan in a line for each machine, and of what waits once, until it is something else', () => {
    const { teller, lines } = listen();
    const pending = [change({ class: 'reboot', field: 'nested', before: 'true', after: 'false' })];
    const seen = plan(
      [
        vmPlan('db', { state: 'dead', verdict: 'start' }),
        vmPlan('dev', { state: 'running', verdict: 'change', changes: [change()], pending }),
        vmPlan('web', { state: 'running', verdict: 'none' }),
      ],
      [],
    );
    teller.begin();
    teller.emit({ type: 'plan', plan: seen });
    expect(lines()).toEqual([
      'planned db: start it, which has ended by itself',
      'planned dev: change it as it runs: memory 4 GiB → 8 GiB',
      'waits   dev: nested true → false waits for a restart: press r, or ai-vm up --restart',
    ]);
    const still = plan([vmPlan('dev', { state: 'running', verdict: 'none', pending })], []);
    for (let round = 0; round < 3; round += 1) {
      teller.begin();
      teller.emit({ type: 'plan', plan: still });
      expect(lines()).toEqual([]);
    }
    teller.begin();
    teller.begin();
    teller.emit({ type: 'plan', plan: still });
    expect(lines()).toHaveLength(1);
  });

  it('of a new disk that it will not make', () => {
    const { teller, lines } = listen();
    const pending = [change({ class: 'recreate', field: 'image', before: 'a', after: 'b' })];
    teller.emit({ type: 'plan', plan: plan([vmPlan('dev', { verdict: 'none', pending })], []) });
    expect(lines()).toEqual([expect.stringContaining('ai-vm up --recreate dev --yes')]);
  });

  it('of a step that failed with its error, and remembers which machine it was in this round', () => {
    const { teller, lines } = listen();
    const error = new AiVmError('qemu.died', 'it died');
    teller.begin();
    teller.emit({ type: 'step-failed', step: step('start', 'dev'), error });
    expect([...teller.failures()]).toEqual(['dev']);
    expect(lines()).toEqual(['failed  dev: start dev']);
    teller.begin();
    expect([...teller.failures()]).toEqual([]);
  });

  it('nothing that steers a terminal', () => {
    const { teller, lines } = listen();
    teller.tell({ kind: 'held', vm: 'd\u001b[31mev', message: 'wants\nto \u001b]0;x\u0007' });
    expect(lines().join('')).not.toMatch(/[\u001b\n\u0007]/u);
  });
});

it('a fault that has moved in the file is another one', () => {
  const at = (line: number): ConfigError =>
    new ConfigError(
      [
        {
          code: 'config.type',
          severity: 'error',
          message: 'no',
          hint: undefined,
          position: { file: 'f', line, column: 1, offset: 0, length: 1 },
        },
      ],
      new Map(),
    );
  expect(keyOf(at(1))).toBe(keyOf(at(1)));
  expect(keyOf(at(1))).not.toBe(keyOf(at(2)));
});
