import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from '@jest/globals';
import { virtiofsUsable } from '../../../src/host/namespaces.ts';

const MARK = 'AI_VM_TEST_PROBE';
afterEach(() => {
  Reflect.deleteProperty(process.env, MARK);
});

/** Living processes that have our mark in their environment, as far as it is ours to see. */
function marked(mark: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`${MARK}=${mark}`);
    } catch {
      return false;
    }
  });
}

describe('virtiofsUsable', () => {
  it('says at once that ids cannot be mapped, and leaves no process behind', async () => {
    const mark = `${process.pid}-${performance.now()}`;
    process.env[MARK] = mark;
    // No number of a user: neither the kernel nor newuidmap maps it.
    const drop = process.getuid?.() === 0;
    const runAs = { uid: 1000, gid: 1000, groups: [], drop, subUid: 4_294_967_295, subGid: 4_294_967_295 };
    expect(await virtiofsUsable(runAs)).toMatchObject({ usable: false });
    expect(marked(mark)).toEqual([]);
  });
});
