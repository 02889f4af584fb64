import { deflateSync } from 'node:zlib';
import { expect, it } from '@jest/globals';
import { readPng } from '../../support/png.ts';

const chunk = (kind: string, data: Buffer): Buffer => {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(data.length);
  return Buffer.concat([size, Buffer.from(kind, 'latin1'), data, Buffer.alloc(4)]);
};

const png = (width: number, lines: readonly (readonly number[])[]): Buffer => {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(lines.length, 4);
  head.set([8, 2], 8);
  const data = deflateSync(Buffer.from(lines.flat()));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
};

it('counts the colours of a picture, whichever filter its lines have', () => {
  const lines = [
    [0, 255, 0, 0, 255, 0, 0],
    [1, 255, 0, 0, 0, 0, 0],
    [2, 0, 0, 0, 1, 0, 0],
    [3, 128, 0, 0, 0, 0, 0],
    [4, 0, 0, 0, 0, 0, 1],
  ];
  const { width, height, colours } = readPng(png(2, lines));
  expect([width, height]).toEqual([2, 5]);
  expect(Object.fromEntries(colours)).toEqual({ ff0000: 7, '000000': 1, '7f0000': 1, '7f0001': 1 });
});

it('reads nothing else', () => expect(() => readPng(Buffer.from('not a picture'))).toThrow('no PNG'));
