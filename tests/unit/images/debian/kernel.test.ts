import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { payloadOf, unpackKernel } from '../../../../src/images/debian/kernel.ts';

/** A bzImage with one setup sector and the payload 32 bytes into the protected-mode code. */
function bzImage(payload: Buffer): Buffer {
  const image = Buffer.alloc(2 * 512 + 32 + payload.length + 4 + 100, 0xee);
  image[0x1f1] = 1;
  image.write('HdrS', 0x202, 'latin1');
  image.writeUInt32LE(32, 0x248);
  image.writeUInt32LE(payload.length + 4, 0x24c);
  payload.copy(image, 2 * 512 + 32);
  return image;
}

describe('unpackKernel', () => {
  it.each(['zstd', 'xz', 'gzip'])('unpacks %s', async (program) => {
    const elf = Buffer.from('\x7fELF and then some'.repeat(100));
    const packed = execFileSync(program, ['-c'], { input: elf });
    const dir = await mkdtemp(join(tmpdir(), 'ai-vm-kernel-'));
    try {
      await unpackKernel(bzImage(packed), join(dir, 'vmlinux'));
      expect((await readFile(join(dir, 'vmlinux'))).equals(elf)).toBe(true);
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  it('refuses what is not a kernel, or packed in an unknown way', () => {
    expect(() => payloadOf(Buffer.from('#!/bin/sh'))).toThrow('not a bzImage');
    expect(() => payloadOf(bzImage(Buffer.from('LZO!payload')))).toThrow('unknown way');
  });
});
