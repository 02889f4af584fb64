import { describe, expect, it } from '@jest/globals';
import { parseVirtualSize, virtualSize } from '../../../src/qemu/qcow2.ts';

const header = (size: bigint, magic = 0x514649fb): Buffer => {
  const buffer = Buffer.alloc(32);
  buffer.writeUInt32BE(magic, 0);
  buffer.writeBigUInt64BE(size, 24);
  return buffer;
};

describe('parseVirtualSize', () => {
  it('reads the size in bytes', () => expect(parseVirtualSize(header(50n << 30n))).toBe(50 * 2 ** 30));
  it('is null for anything else', () => {
    expect(parseVirtualSize(header(1n, 0x12345678))).toBeNull();
    expect(parseVirtualSize(Buffer.from('QFI'))).toBeNull();
    expect(parseVirtualSize(header(2n ** 63n))).toBeNull();
  });
});

describe('virtualSize', () => {
  it('is null for a file that is not there', async () => expect(await virtualSize('/nonexistent/disk')).toBeNull());
});
