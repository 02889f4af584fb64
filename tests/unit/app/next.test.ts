import { describe, expect, it } from '@jest/globals';
import { nextCommands } from '../../../src/app/next.ts';

type Seen = Parameters<typeof nextCommands>[0][number];

const seen = (name: string, over: Partial<Seen> = {}): Seen => ({
  ...{ name, state: 'running', declared: true, suspended: false, pending: [], agents: [], desktop: null },
  ...over,
});
const pending = (is: 'live' | 'reboot' | 'recreate'): Seen['pending'] => [
  { field: 'f', class: is, before: 'a', after: 'b', reason: '' },
];
const words = (machines: readonly Seen[], watched = false): string[] =>
  nextCommands(machines, watched).map(([command]) => command);

describe('the next commands', () => {
  it('start what does not run', () => {
    expect(nextCommands([seen('dev', { state: 'absent' }), seen('db', { state: 'stopped' })], false)).toEqual([
      ['up', 'start dev, db'],
    ]);
    expect(words([seen('old', { state: 'stopped', declared: false })])).toEqual([]);
  });

  it('lead into what runs', () => {
    const dev = seen('dev', { agents: [{ name: 'codex', login: true }], desktop: '1280x800' });
    expect(words([dev])).toEqual(['ssh', 'codex dev', 'view dev', 'watch', 'down']);
    expect(words([seen('dev'), seen('db')], true)).toEqual(['ssh dev', 'down']);
  });

  it('apply what waits, by what it takes', () => {
    expect(words([seen('a', { pending: pending('live') })])).toContain('up');
    expect(words([seen('a', { pending: pending('reboot') })])).toContain('up --restart');
    expect(words([seen('a', { pending: pending('recreate') })])).toContain('plan');
    expect(words([seen('a', { state: 'paused' })])).toEqual(['unpause a']);
  });
});
