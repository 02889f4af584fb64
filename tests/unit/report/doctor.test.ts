import { describe, expect, it } from '@jest/globals';
import { renderDoctor } from '../../../src/report/doctor.ts';
import { makeStyle } from '../../../src/report/style.ts';

const good = { name: 'QEMU', verdict: 'ok', found: '7.2.22', cost: null, fix: null } as const;
const bad = {
  name: 'mmdebstrap',
  verdict: 'missing',
  found: 'not here',
  cost: 'no image',
  fix: 'apt-get install it',
} as const;

describe('renderDoctor', () => {
  it('says what is missing, what that costs and what mends it', () => {
    expect(renderDoctor([good, bad], makeStyle(false, false))).toBe(
      [
        '+ QEMU        7.2.22',
        'x mmdebstrap  not here',
        '    so: no image',
        '    mend it with: apt-get install it',
        '1 missing: machines cannot be started before.',
        '',
      ].join('\n'),
    );
  });
  it('says when all is well, or only worse than it could be', () => {
    expect(renderDoctor([good, { ...bad, verdict: 'worse' }], makeStyle(false, true))).toContain(
      'Machines can be started here.',
    );
  });
});
