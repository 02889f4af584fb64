import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { codePath, keptCode, load } from '../../src/load.ts';

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ai-vm-load-'));
  file = join(dir, 'cli.cjs');
});
afterEach(() => rmSync(dir, { recursive: true }));

const bundle = (text: string): string => `(function (exports, require, module, __filename, __dirname) {${text}\n})`;

const has = (text: string): unknown => {
  writeFileSync(file, bundle(text));
  return load(file).exports;
};

/** V8 remembers the sources that it has seen: each needs one of its own. */
let count = 1000;
const source = (): string => `exports.a = () => ${(count += 1)}`;
const valueOf = (): number => (load(file).exports as unknown as { a: () => number }).a();

describe('the bundle of the command line', () => {
  it('knows where it is, and what Node has', () => {
    const text = "exports.a = [__filename, __dirname, require('node:path').basename(__filename)]; // the end";
    expect(has(text)).toEqual({ a: [file, dir, 'cli.cjs'] });
    expect(has('module.exports = {b: "\\u00fc"}')).toEqual({ b: 'ü' });
  });

  it('begins with the code that was kept of it', () => {
    has(source());
    const { script } = load(file);
    expect(script.cachedDataRejected).toBeUndefined();
    writeFileSync(codePath(file), keptCode(readFileSync(file), script.createCachedData()));
    expect(load(file).script.cachedDataRejected).toBe(false);
    expect(valueOf()).toBe(count);
  });

  it('takes no code that is damaged, cut off, or of another source', () => {
    has(source());
    const kept = keptCode(readFileSync(file), load(file).script.createCachedData());
    const damaged = Buffer.from(kept);
    damaged[damaged.length - 9]! ^= 1;
    for (const code of [damaged, kept.subarray(0, 100), Buffer.from('no'), Buffer.alloc(0)]) {
      writeFileSync(codePath(file), code);
      expect(load(file).script.cachedDataRejected).toBeUndefined();
      expect(valueOf()).toBe(count);
    }
    // As long as that one, which is all that V8 looks at.
    writeFileSync(codePath(file), kept);
    writeFileSync(file, bundle(source()));
    expect(load(file).script.cachedDataRejected).toBeUndefined();
    expect(valueOf()).toBe(count);
  });
});
