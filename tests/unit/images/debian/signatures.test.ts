import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { lengthUnsigned, removeSignatures } from '../../../../src/images/debian/signatures.ts';

const module = Buffer.from('\x7fELF module');

function signed(length: number): Buffer {
  const record = Buffer.alloc(12);
  record.writeUInt32BE(length, 8);
  return Buffer.concat([module, Buffer.alloc(length, 1), record, Buffer.from('~Module signature appended~\n')]);
}

describe('lengthUnsigned', () => {
  it('is where the signature begins', () => {
    expect(lengthUnsigned(signed(300))).toBe(module.length);
  });

  it('is the whole length of a module without one', () => {
    expect(lengthUnsigned(module)).toBe(module.length);
  });
});

describe('removeSignatures', () => {
  it('cuts modules at any depth and nothing else', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'ai-vm-modules-'));
    try {
      await mkdir(join(dir, 'kernel/fs'), { recursive: true });
      await writeFile(join(dir, 'kernel/fs/a.ko'), signed(77));
      await writeFile(join(dir, 'b.ko'), module);
      await writeFile(join(dir, 'modules.order'), signed(5));
      await removeSignatures(dir);
      expect(await readFile(join(dir, 'kernel/fs/a.ko'))).toEqual(module);
      expect(await readFile(join(dir, 'b.ko'))).toEqual(module);
      expect(await readFile(join(dir, 'modules.order'))).toEqual(signed(5));
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});
