import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ignoreDirectory, writeOwn } from '../../../src/host/new-files.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ai-vm-new-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe('writeOwn', () => {
  it('writes what is not there, for others to read', async () => {
    await writeOwn(join(dir, 'a'), 'text', false);
    expect(readFileSync(join(dir, 'a'), 'utf8')).toBe('text');
    expect(statSync(join(dir, 'a')).mode & 0o711).toBe(0o600);
    expect(readdirSync(dir)).toEqual(['a']);
  });

  it('leaves what is there, unless it is told otherwise', async () => {
    writeFileSync(join(dir, 'a'), 'old');
    await expect(writeOwn(join(dir, 'a'), 'new', false)).rejects.toMatchObject({ code: 'EEXIST' });
    expect([readFileSync(join(dir, 'a'), 'utf8'), readdirSync(dir)]).toEqual(['old', ['a']]);
    await writeOwn(join(dir, 'a'), 'new', true);
    expect([readFileSync(join(dir, 'a'), 'utf8'), readdirSync(dir)]).toEqual(['new', ['a']]);
  });

  it('is not led elsewhere by a symlink', async () => {
    writeFileSync(join(dir, 'precious'), 'old');
    symlinkSync('precious', join(dir, 'a'));
    symlinkSync('nowhere', join(dir, 'b'));
    await expect(writeOwn(join(dir, 'b'), 'new', false)).rejects.toMatchObject({ code: 'EEXIST' });
    await writeOwn(join(dir, 'a'), 'new', true);
    expect(readFileSync(join(dir, 'precious'), 'utf8')).toBe('old');
    expect(lstatSync(join(dir, 'a')).isFile()).toBe(true);
    expect(readdirSync(dir).sort()).toEqual(['a', 'b', 'precious']);
  });
});

describe('ignoreDirectory', () => {
  const list = (): string => join(dir, '.gitignore');
  const bytes = (): string => readFileSync(list()).toString('latin1');

  it('makes the list where there is none', async () => {
    expect(await ignoreDirectory(list(), '.ai-vm')).toBe(true);
    expect(bytes()).toBe('.ai-vm/\n');
  });

  it.each([
    ['', '.ai-vm/\n'],
    ['dist\n', 'dist\n.ai-vm/\n'],
    ['dist', 'dist\n.ai-vm/\n'],
    ['dist\r\n', 'dist\r\n.ai-vm/\r\n'],
    ['\xff\xfe\n', '\xff\xfe\n.ai-vm/\n'],
    ['# .ai-vm/\n', '# .ai-vm/\n.ai-vm/\n'],
  ])('adds to %j', async (before, after) => {
    writeFileSync(list(), Buffer.from(before, 'latin1'), { mode: 0o600 });
    expect(await ignoreDirectory(list(), '.ai-vm')).toBe(true);
    expect([bytes(), statSync(list()).mode & 0o777]).toEqual([after, 0o600]);
  });

  it.each(['.ai-vm/\n', '.ai-vm', '/.ai-vm/\ndist\n', 'dist\r\n.ai-vm/\r\n'])('leaves %j alone', async (text) => {
    writeFileSync(list(), text);
    expect(await ignoreDirectory(list(), '.ai-vm')).toBe(false);
    expect(bytes()).toBe(text);
  });

  it('does not touch what is no plain file', async () => {
    writeFileSync(join(dir, 'precious'), 'old');
    symlinkSync('precious', list());
    expect(await ignoreDirectory(list(), '.ai-vm')).toBeNull();
    expect(readFileSync(join(dir, 'precious'), 'utf8')).toBe('old');
    rmSync(list());
    mkdirSync(list());
    expect(await ignoreDirectory(list(), '.ai-vm')).toBeNull();
  });
});
