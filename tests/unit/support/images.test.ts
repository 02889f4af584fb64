import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cacheRoot, imageCache } from '../../support/images.ts';
import { self } from '../../support/user.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ai-vm-cache-'));
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

describe('the image cache of the tests', () => {
  it('is where AI_VM_TEST_CACHE says', () => {
    expect(cacheRoot({ AI_VM_TEST_CACHE: '/somewhere' })).toBe('/somewhere');
    expect(cacheRoot({})).toMatch(/ai-vm-tests$/u);
  });

  it('belongs to its user, and is the same the next time', () => {
    const dir = imageCache(self(), root);
    writeFileSync(join(dir, 'kept'), '');
    expect(imageCache(self(), root)).toBe(dir);
    expect(existsSync(join(dir, 'kept'))).toBe(true);
    expect(statSync(dir).uid).toBe(self().uid);
  });

  it('takes over what another user has built, if it is whole', () => {
    const [whole, cut] = ['a'.repeat(64), 'b'.repeat(64)];
    for (const name of [whole, cut, `${whole}.partial`]) mkdirSync(join(root, 'other', name), { recursive: true });
    writeFileSync(join(root, 'other', whole, 'manifest.json'), '{}');
    writeFileSync(join(root, 'other', `${whole}.partial`, 'manifest.json'), '{}');
    const dir = imageCache(self(), root);
    // Only root can read and hand over another user's files.
    const expected = self().uid === 0;
    expect(existsSync(join(dir, whole, 'manifest.json'))).toBe(expected);
    if (expected) expect(readFileSync(join(dir, whole, 'manifest.json'), 'utf8')).toBe('{}');
    expect(existsSync(join(dir, cut))).toBe(false);
    expect(existsSync(join(dir, `${whole}.partial`))).toBe(false);
  });
});
