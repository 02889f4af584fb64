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
    expect(renderDoctor([good, bad], Infinity, makeStyle(false, false))).toBe(
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

  it('breaks what it says at spaces, and never what is to be typed', () => {
    const long = { ...bad, found: 'it is not here, and nowhere else', cost: 'there is no image, and no machine' };
    expect(renderDoctor([{ ...long, fix: 'apt-get install --yes mmdebstrap' }], 30, makeStyle(false, true))).toBe(
      [
        '✖ mmdebstrap  it is not here,',
        '              and nowhere else',
        '    so: there is no image, and',
        '        no machine',
        '    mend it with: apt-get install --yes mmdebstrap',
        '1 missing: machines cannot be started before.',
        '',
      ].join('\n'),
    );
  });

  it('puts what was found below its name where there is no room beside it', () => {
    const text = renderDoctor(
      [{ ...good, name: 'debian-archive-keyring.gpg', found: 'it is here' }],
      40,
      makeStyle(false, true),
    );
    expect(text).toMatch(/^. debian-archive-keyring\.gpg\n {4}it is here\n/);
  });

  it('says when all is well, or only worse than it could be', () => {
    expect(renderDoctor([good, { ...bad, verdict: 'worse' }], Infinity, makeStyle(false, true))).toContain(
      'Machines can be started here.',
    );
  });
});
