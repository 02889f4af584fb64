import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openBoundedLog } from '../../../../src/app/watch/log.ts';

let dir = '';

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ai-vm-log-'));
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('the log of a watch', () => {
  it('never takes more than two files of its size, and keeps the newest', () => {
    const path = join(dir, 'watch.log');
    const log = openBoundedLog(path, 1000);
    for (let n = 0; n < 1000; n += 1) log.write(`line ${n}\n`);
    log.close();
    expect(readdirSync(dir).sort()).toEqual(['watch.log', 'watch.log.1']);
    for (const name of readdirSync(dir)) expect(statSync(join(dir, name)).size).toBeLessThan(1020);
    expect(readFileSync(path, 'utf8')).toContain('line 999\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('goes on with what is there', () => {
    const path = join(dir, 'watch.log');
    for (const text of ['one\n', 'two\n']) {
      const log = openBoundedLog(path);
      log.write(text);
      log.close();
    }
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
  });

  it('is written through no symbolic link', () => {
    symlinkSync(join(dir, 'elsewhere'), join(dir, 'watch.log'));
    expect(() => openBoundedLog(join(dir, 'watch.log'))).toThrow('ELOOP');
  });
});
