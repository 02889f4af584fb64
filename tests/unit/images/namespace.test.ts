import { describe, expect, it } from '@jest/globals';
import { boundToUs } from '../../../src/host/bound.ts';
import { inNamespace, meaningful } from '../../../src/images/namespace.ts';

describe('inNamespace', () => {
  it('gives root a mount and process namespace that dies with its parent', () => {
    const unshare = ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--', 'true', '--x'];
    expect(inNamespace(['true', '--x'], true)).toEqual(boundToUs(unshare, 'KILL'));
  });

  it('gives an ordinary user a user namespace too', () => {
    expect(inNamespace(['true'], false)).toEqual(expect.arrayContaining(['--user', '--map-root-user', '--map-auto']));
  });
});

describe('meaningful', () => {
  it('picks the lines that say why', () => {
    const lines = [
      'Get:1 http://mirror.test/debian trixie InRelease [140 kB]',
      'E: Unable to locate package no-such-thing',
      'Reading package lists...',
      'E: apt-get --yes install failed',
      'I: done',
    ];
    expect(meaningful(lines)).toEqual(['E: Unable to locate package no-such-thing', 'E: apt-get --yes install failed']);
  });

  it('falls back to the last lines, cut to a bearable length', () => {
    expect(meaningful(['', 'one', '  ', 'x'.repeat(1000)])).toEqual(['one', 'x'.repeat(300)]);
    expect(meaningful(Array.from({ length: 50 }, (_, i) => `line ${i}`))).toHaveLength(6);
  });
});
