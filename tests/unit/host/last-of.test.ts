import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { lastOf } from '../../../src/host/last-of.ts';

const of = async (chunks: string[], limit: number): Promise<[string, number]> => {
  const { bytes, dropped } = await lastOf(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), limit);
  return [bytes.toString(), dropped];
};

describe('lastOf', () => {
  it.each([
    [[], '', 0],
    [['ab', 'cd'], 'abcd', 0],
    [['abcd', 'e'], 'bcde', 1],
    [['abcdefghij', 'k', 'l'], 'ijkl', 8],
  ])('keeps the end of %j', async (chunks, kept, dropped) => {
    expect(await of(chunks, 4)).toEqual([kept, dropped]);
  });

  it('reads a flood to its end', async () => {
    const chunks = Array.from({ length: 1000 }, (_, n) => `${n} `.padStart(1000, '.'));
    expect(await of(chunks, 1000)).toEqual([chunks.at(-1), 999_000]);
  });
});
