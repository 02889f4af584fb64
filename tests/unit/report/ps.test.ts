import { describe, expect, it } from '@jest/globals';
import { GiB } from '../../../src/model/units.ts';
import type { PsRow } from '../../../src/report/ps.ts';
import { renderPs, renderWatch } from '../../../src/report/ps.ts';

const running: PsRow = {
  vm: 'dev',
  state: 'running',
  image: 'debian',
  cpus: 4,
  memory: 8 * GiB,
  ssh: '127.0.0.1:2222',
  ports: ['3001', '8080:80'],
  shares: ['. (rw)'],
  note: null,
};
const absent: PsRow = {
  ...running,
  vm: 'db',
  state: 'absent',
  cpus: null,
  memory: null,
  ssh: null,
  ports: [],
  shares: [],
  image: null,
};

describe('renderPs', () => {
  it('shows each machine', () => {
    expect(renderPs([running, absent], 120)).toBe(
      [
        'NAME  STATE    IMAGE   CPUS  MEMORY  SSH             PORTS          SHARES',
        'dev   running  debian     4   8 GiB  127.0.0.1:2222  3001, 8080:80  . (rw)',
        'db    absent   -          -       -  -               -              -',
      ].join('\n'),
    );
  });

  it('has notes where there are some', () => {
    const text = renderPs([{ ...running, state: 'dead', note: 'QEMU is gone\u0007' }], 120);
    expect(text.split('\n').map((line) => line.split(/\s{2,}/u).at(-1))).toEqual(['NOTE', 'QEMU is gone\\x07']);
  });

  it('fits 80 columns', () => {
    const widths = renderPs([{ ...running, note: 'pending: image needs a new disk' }], 80)
      .split('\n')
      .map((line) => line.length);
    expect(Math.max(...widths)).toBeLessThanOrEqual(80);
  });

  it('of none', () => {
    expect(renderPs([], 80)).toBe('No machines are declared.');
  });
});

describe('renderWatch', () => {
  const running = { pid: 4711, since: '2026-01-01T00:00:00.000Z' };

  it('says who watches', () => {
    expect(renderWatch({ running, policies: true })).toBe('Watched by process 4711 since 2026-01-01T00:00:00.000Z.\n');
  });

  it('says that nobody acts on a policy, and nothing where there is none', () => {
    expect(renderWatch({ running: null, policies: true })).toContain('ai-vm watch -d');
    expect(renderWatch({ running: null, policies: false })).toBe('');
  });
});
