import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LineSplitter, LineTooLong } from '../../src/qemu/framing.ts';

/** Cuts `bytes` at these places (fractions of its length). */
function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((cut) => Math.floor(cut * bytes.length)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, n) => bytes.subarray(places[n], end));
}

const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 });
const ending = fc.constantFrom('\n', '\r\n');

it('gives the same messages however the bytes are split and merged', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.json(), ending), { maxLength: 20 }), cuts, (messages, where) => {
      const bytes = Buffer.from(messages.map(([json, end]) => json + end).join(''));
      const splitter = new LineSplitter(1024 * 1024);
      const lines = pieces(bytes, where).flatMap((piece) => [...splitter.push(piece)]);
      expect(lines).toEqual(messages.map(([json]) => json));
    }),
  );
});

it('gives the same lines of arbitrary bytes, byte by byte as in one go', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), (array) => {
      const bytes = Buffer.from(array);
      const whole = new LineSplitter(1000);
      const single = new LineSplitter(1000);
      expect(Array.from(bytes, (byte) => [...single.push(Buffer.of(byte))]).flat()).toEqual([...whole.push(bytes)]);
    }),
  );
});

it('refuses exactly the lines that are longer than the limit', () => {
  fc.assert(
    fc.property(fc.nat(300), fc.integer({ min: 1, max: 300 }), cuts, (length, limit, where) => {
      const splitter = new LineSplitter(limit);
      const feed = (): string[] =>
        pieces(Buffer.from(`${'x'.repeat(length)}\n`), where).flatMap((piece) => [...splitter.push(piece)]);
      if (length > limit) expect(feed).toThrow(LineTooLong);
      else expect(feed()).toEqual(length === 0 ? [] : ['x'.repeat(length)]);
    }),
  );
});
