import { describe, expect, it } from '@jest/globals';
import { AGENT_NAMES, authTarget } from '../../../src/model/agents.ts';
import type { ShareConfig } from '../../../src/model/desired.ts';
import { isTagOf, mountTag, option } from '../../../src/resources/support.ts';

const share = (path: string, over: Partial<ShareConfig> = {}): ShareConfig => ({
  ...{ path, target: '/mnt/src', mode: 'rw', driver: 'auto', allowSensitive: false },
  ...over,
});

describe('mountTag', () => {
  it('is readable, and at most 31 bytes', () => {
    expect(mountTag(share('/home/ann/my project'))).toMatch(/^rw[0-9a-f]{8}-my-project$/);
    expect(mountTag(share(`/x/${'ä'.repeat(200)}`), 123).length).toBe(31);
  });

  it('tells two directories of one name apart, and modes and mount points of one directory', () => {
    const all = [share('/a/src'), share('/b/src'), share('/a/src', { mode: 'ro' }), share('/a/src', { target: '/t' })];
    expect(new Set(all.map((each) => mountTag(each))).size).toBe(4);
    for (const one of all) expect(all.filter((each) => isTagOf(mountTag(one, 2), each))).toEqual([one]);
  });

  it('tells what an agent brings along from what a file declares', () => {
    for (const name of AGENT_NAMES) {
      expect(mountTag(share(`/state/auth/${name}`, { mode: 'ro', target: authTarget(name) }))).toMatch(/^au/);
    }
    expect(mountTag(share('/state/auth', { mode: 'ro', target: '/mnt/host-ro/auth' }))).not.toMatch(/^au/);
  });
});

describe('option', () => {
  it('doubles commas', () => expect(option('/a,b,,c')).toBe('/a,,b,,,,c'));
});
