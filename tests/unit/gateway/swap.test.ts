import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EchoFilter } from '../../../src/gateway/echo-filter.ts';
import { Swap } from '../../../src/gateway/swap.ts';

const PLACEHOLDER = 'sk-ant-api03-placeholder';
const VALUE = 'sk-ant-api03-real"value/+<&';
const swap = (): Swap => new Swap([{ placeholder: PLACEHOLDER, value: VALUE }]);
const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** What a filter makes of these parts. */
function filtered(filter: EchoFilter, parts: readonly string[]): string {
  const out = parts.map((part) => filter.push(Buffer.from(part)));
  return Buffer.concat([...out, filter.end()]).toString();
}

describe('what a request gets', () => {
  it('is the value, wherever a field has its placeholder', () => {
    expect(swap().field(`Bearer ${PLACEHOLDER}`)).toBe(`Bearer ${VALUE}`);
    expect(swap().field(`a=${PLACEHOLDER}; b=${PLACEHOLDER}`)).toBe(`a=${VALUE}; b=${VALUE}`);
    expect(swap().field('Bearer sk-ant-api03-something')).toBe('Bearer sk-ant-api03-something');
  });

  it('is put into what Basic has coded', () => {
    expect(swap().field(`Basic ${base64(`me:${PLACEHOLDER}`)}`)).toBe(`Basic ${base64(`me:${VALUE}`)}`);
    expect(swap().field(`basic ${base64(`${PLACEHOLDER}:`)}`)).toBe(`basic ${base64(`${VALUE}:`)}`);
    for (const text of [`Basic ${base64('me:other')}`, 'Basic', 'Basic ?', 'Basic ===='])
      expect(swap().field(text)).toBe(text);
  });

  it('is coded in a query, and never in a path', () => {
    expect(swap().target(`/v1?key=${PLACEHOLDER}&x=1`)).toBe(`/v1?key=${encodeURIComponent(VALUE)}&x=1`);
    expect(swap().target(`/${PLACEHOLDER}/v1`)).toBe(`/${PLACEHOLDER}/v1`);
  });
});

describe('what an answer shows', () => {
  it('is the placeholder, in whichever form the value stands', () => {
    const one = swap();
    const basic = one.field(`Basic ${base64(`me:${PLACEHOLDER}`)}`);
    for (const [text, shown] of [
      [VALUE, PLACEHOLDER],
      [encodeURIComponent(VALUE), PLACEHOLDER],
      [JSON.stringify({ key: VALUE }), JSON.stringify({ key: PLACEHOLDER })],
      [JSON.stringify({ key: VALUE }).replaceAll('/', '\\/'), JSON.stringify({ key: PLACEHOLDER })],
      [encodeURIComponent(VALUE).replaceAll(/%../g, (each) => each.toLowerCase()), PLACEHOLDER],
      [JSON.stringify(VALUE).replace('<', '\\u003c').replace('&', '\\u0026'), JSON.stringify(PLACEHOLDER)],
      [basic, `Basic ${base64(`me:${PLACEHOLDER}`)}`],
    ] as const) {
      expect(one.answer(text)).toBe(shown);
      expect(filtered(one.filter(), [text])).toBe(shown);
    }
  });

  it('is that also for a value that was another one before', () => {
    const one = new Swap(
      [{ placeholder: PLACEHOLDER, value: VALUE }],
      [{ placeholder: PLACEHOLDER, value: 'the-old-value' }],
    );
    expect(one.answer(`the-old-value ${VALUE}`)).toBe(`${PLACEHOLDER} ${PLACEHOLDER}`);
    expect(one.field(PLACEHOLDER)).toBe(VALUE);
  });

  it('is held back by where lines end, and not by how much of it is there', () => {
    const lengths = (text: string): number[] => {
      const filter = new EchoFilter([['secret', 'shown']]);
      return [filter.push(Buffer.from(text)).length, filter.push(Buffer.from('x')).length, filter.end().length];
    };
    for (const text of ['secre', 'secrx', 'xxxxx', 'sxxxx']) expect(lengths(text)).toEqual([0, 1, 5]);
    expect(lengths('a longer text')).toEqual([9, 0, 5]);
    const filter = new EchoFilter([['secret', 'shown']]);
    expect(filter.push(Buffer.from('data: secret\n\n')).toString()).toBe('data: shown\n\n');
  });

  it('is held back within frames as far as it may be the beginning', () => {
    const filter = new EchoFilter([['secret', 'shown']], 'beginning');
    expect(filter.push(Buffer.from('data: 1\n\n')).toString()).toBe('data: 1\n\n');
    expect(filter.push(Buffer.from('data: se')).toString()).toBe('data: ');
    expect(filter.push(Buffer.from('t\n\n')).toString()).toBe('set\n\n');
    expect(filter.push(Buffer.from('sec')).toString()).toBe('');
    expect(filter.push(Buffer.from('ret!')).toString()).toBe('shown!');
    expect(filter.found).toBe(1);
  });

  it('is the same however a stream is cut', () => {
    const piece = fc.constantFrom('a', 'ab', 'abc', 'abcd', 'bc', 'ca', 'x', 'aab', 'abab');
    fc.assert(
      fc.property(fc.array(piece), fc.array(fc.nat(40)), (pieces, cuts) => {
        const text = pieces.join('');
        const at = [0, ...new Set(cuts.filter((cut) => cut < text.length))].sort((a, b) => a - b);
        const parts = at.map((from, n) => text.slice(from, at[n + 1]));
        const pairs = [
          ['abcd', '<4>'],
          ['abc', '<3>'],
          ['bca', '<b>'],
        ] as const;
        const whole = text.replaceAll(/abcd|abc|bca/g, (found) => pairs.find(([needle]) => needle === found)![1]);
        expect(filtered(new EchoFilter(pairs), parts)).toBe(whole);
      }),
      { numRuns: 2000 },
    );
  });
});
