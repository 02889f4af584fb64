import { describe, expect, it } from '@jest/globals';
import { parseQcow2, readQcow2 } from '../../../src/qemu/qcow2.ts';

function head(size: bigint, backing = '', magic = 0x514649fb): Buffer {
  const buffer = Buffer.alloc(2048);
  buffer.writeUInt32BE(magic, 0);
  if (backing) {
    buffer.writeBigUInt64BE(400n, 8);
    buffer.writeUInt32BE(Buffer.byteLength(backing), 16);
    buffer.write(backing, 400);
  }
  buffer.writeBigUInt64BE(size, 24);
  return buffer;
}

describe('parseQcow2', () => {
  it('reads size and backing file', () => {
    expect(parseQcow2(head(50n << 30n))).toEqual({ virtualSize: 50 * 2 ** 30, backingFile: null, externalData: false });
    expect(parseQcow2(head(1n << 30n, '/images/ä/root.qcow2'))).toEqual({
      virtualSize: 2 ** 30,
      backingFile: '/images/ä/root.qcow2',
      externalData: false,
    });
  });

  it('tells a disk whose contents are in another file', () => {
    const outside = head(1n << 30n);
    outside.writeUInt32BE(3, 4);
    outside.writeBigUInt64BE(4n, 72);
    expect(parseQcow2(outside)?.externalData).toBe(true);
  });

  it('is null for anything else', () => {
    expect(parseQcow2(head(1n, '', 0x12345678))).toBeNull();
    expect(parseQcow2(Buffer.from('QFI'))).toBeNull();
    expect(parseQcow2(head(2n ** 63n))).toBeNull();
    const lying = head(1n, '/x');
    lying.writeUInt32BE(0xffffffff, 16);
    expect(parseQcow2(lying)).toBeNull();
  });
});

describe('readQcow2', () => {
  it('is null for a file that is not there', async () => expect(await readQcow2('/nonexistent/disk')).toBeNull());
});
