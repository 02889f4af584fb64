import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readLock, shortLock, writeLock, type FlakeLock } from '../../../../src/images/nixos/locks.ts';

const REV = '0123456789abcdef0123456789abcdef01234567';
const lock = (over: Partial<FlakeLock> = {}): FlakeLock => ({
  ...{ formatVersion: 1, ref: 'github:o/r', url: `github:o/r/${REV}` },
  narHash: 'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
  ...over,
});

describe('what a remote flake is fixed to', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'ai-vm-locks-'));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('is what was written last, for this reference alone', async () => {
    const at = join(dir, 'flakes');
    expect(await readLock(at, 'github:o/r')).toBeNull();
    await writeLock(at, lock());
    await writeLock(at, lock({ url: 'github:o/r/new' }));
    expect(await readLock(at, 'github:o/r')).toEqual(lock({ url: 'github:o/r/new' }));
    expect(await readLock(at, 'github:o/r?ref=x')).toBeNull();
  });

  it.each([
    [lock(), '0123456789ab'],
    [lock({ url: `git+https://example.org/r?ref=main&rev=${REV}` }), '0123456789ab'],
    [lock({ url: 'https://example.org/flake.tar.gz' }), 'sha256-AAAAAAAAAAAA'],
    [lock({ url: `https://example.org/${REV}aa.tar.gz` }), 'sha256-AAAAAAAAAAAA'],
  ])('is named for people by its revision, where it has one: %#', (given, name) => {
    expect(shortLock(given)).toBe(name);
  });
});
