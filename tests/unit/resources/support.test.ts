import { describe, expect, it } from '@jest/globals';
import { mountTag, option } from '../../../src/resources/support.ts';

describe('mountTag', () => {
  it('is readable, and at most 31 bytes', () => {
    expect(mountTag('rw', '/home/ann/my project')).toMatch(/^rw[0-9a-f]{8}-my-project$/);
    expect(mountTag('ro', `/x/${'ä'.repeat(200)}`).length).toBe(30);
  });

  it('tells two directories of one name apart, and the modes of one directory', () => {
    const tags = [mountTag('rw', '/a/src'), mountTag('rw', '/b/src'), mountTag('ro', '/a/src')];
    expect(new Set(tags).size).toBe(3);
  });
});

describe('option', () => {
  it('doubles commas', () => expect(option('/a,b,,c')).toBe('/a,,b,,,,c'));
});
