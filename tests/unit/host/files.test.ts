import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readState, writeState } from '../../../src/host/files.ts';

let dir = '';
beforeEach(() => void (dir = mkdtempSync(join(tmpdir(), 'ai-vm-files-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const isNumbered = (value: unknown): value is { n: number } =>
  typeof value === 'object' && value !== null && typeof (value as { n?: unknown }).n === 'number';

describe('state files', () => {
  it('come back as they were written, readable by their owner alone', async () => {
    const path = join(dir, 'a.json');
    await writeState(path, { n: 1 });
    await writeState(path, { n: 2 });
    expect(await readState(path, isNumbered)).toEqual({ value: { n: 2 }, problem: null });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(dir)).toEqual(['a.json']);
  });

  it.each([
    ['', 'not JSON'],
    ['{"n": 1', 'not JSON'],
    ['{"n": "1"}', 'not of the expected shape'],
    ['null', 'not of the expected shape'],
  ])('that hold %j have a problem', async (text, problem) => {
    writeFileSync(join(dir, 'a'), text);
    expect(await readState(join(dir, 'a'), isNumbered)).toEqual({ value: null, problem });
  });

  it('that are no plain files of a sensible size have a problem, too', async () => {
    const problem = async (name: string): Promise<string | null> =>
      (await readState(join(dir, name), isNumbered)).problem;
    writeFileSync(join(dir, 'big'), Buffer.alloc(5 * 1024 * 1024));
    mkdirSync(join(dir, 'dir'));
    symlinkSync('/dev/zero', join(dir, 'link'));
    execFileSync('mkfifo', [join(dir, 'pipe')]);
    expect(await problem('none')).toBe('missing');
    expect(await problem('big')).toBe('too large');
    expect(await problem('dir')).toBe('not a regular file');
    expect(await problem('link')).toBe('unreadable (ELOOP)');
    expect(await problem('pipe')).toBe('not a regular file');
  });
});
