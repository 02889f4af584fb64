import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  cpusPresent,
  memoryChassis,
  MEMORY_PORT,
  pluggedMemory,
  ROOT_PORTS,
  sharePort,
} from '../../../src/model/chassis.ts';
import { GiB, MiB, TiB } from '../../../src/model/units.ts';

const BLOCK = 2 * MiB;

describe('the memory chassis', () => {
  it.each([
    ['256 MiB', 256 * MiB, 256 * MiB, 4 * GiB],
    ['257 MiB', 257 * MiB, 256 * MiB, 4 * GiB],
    ['512 MiB', 512 * MiB, 512 * MiB, 8 * GiB],
    ['1 GiB', GiB, 512 * MiB, 8 * GiB],
    ['2 GiB', 2 * GiB, 512 * MiB, 8 * GiB],
    ['just under 4 GiB', 4 * GiB - MiB, 512 * MiB, 8 * GiB],
    ['4 GiB', 4 * GiB, 2 * GiB, 32 * GiB],
    ['8 GiB', 8 * GiB, 2 * GiB, 32 * GiB],
    ['16 GiB', 16 * GiB, 8 * GiB, 128 * GiB],
    ['64 GiB', 64 * GiB, 32 * GiB, 512 * GiB],
    ['256 GiB', 256 * GiB, 128 * GiB, 960 * GiB],
    ['1 TiB', TiB, 512 * GiB, TiB],
  ])('of %s', (_, declared, base, max) => {
    expect(memoryChassis(declared)).toEqual({ base, max });
  });

  const sizes = fc.oneof(
    fc.integer({ min: 256, max: 1024 * 1024 }),
    // Small ones are as likely as large ones, and so are the edges of the classes.
    fc.integer({ min: 256, max: 8 * 1024 }),
    fc.tuple(fc.integer({ min: 8, max: 20 }), fc.integer({ min: -2, max: 2 })).map(([n, d]) => 2 ** n + d),
  );

  it('gives every machine what it declares, to the block, and room for it', () => {
    fc.assert(
      fc.property(sizes, (mebibytes) => {
        const declared = Math.min(Math.max(mebibytes, 256), 1024 * 1024) * MiB;
        const { base, max } = memoryChassis(declared);
        const plugged = pluggedMemory(declared, memoryChassis(declared));
        expect(base).toBeLessThanOrEqual(declared);
        expect(plugged).toBeGreaterThanOrEqual(0);
        expect(declared - base - plugged).toBeGreaterThanOrEqual(0);
        expect(declared - base - plugged).toBeLessThan(BLOCK);
        expect(max).toBeGreaterThanOrEqual(declared);
        // What QEMU and the kernel ask for: whole blocks, and a backend that is not empty.
        for (const size of [base, plugged, max - base]) expect(size % BLOCK).toBe(0);
        expect(max).toBeGreaterThan(base);
        // The kernel's own structures never live in plugged memory: they take a sixteenth of it at most.
        expect(base * 8).toBeGreaterThanOrEqual(Math.min(declared, 4096 * GiB));
      }),
      { numRuns: 500 },
    );
  });

  it('has few classes, and a larger machine never has a smaller one', () => {
    const bases: number[] = [];
    for (let size = 256 * MiB; size <= TiB; size += size < 8 * GiB ? 64 * MiB : GiB)
      bases.push(memoryChassis(size).base);
    expect(bases).toEqual([...bases].sort((a, b) => a - b));
    expect(new Set(bases).size).toBe(7);
  });
});

describe('vCPUs that are present', () => {
  it.each([
    [1, 4],
    [4, 4],
    [5, 16],
    [16, 16],
    [17, 64],
    [64, 64],
    [65, 128],
    [128, 128],
    // More than the file may ask for: never fewer than were.
    [129, 129],
  ])('of %i declared: %i', (declared, present) => {
    expect(cpusPresent(declared)).toBe(present);
  });
});

it('memory and each share have a root port of their own, as long as there are any', () => {
  const given = Array.from({ length: 12 }, (_, n) => sharePort(n));
  expect(given.slice(10)).toEqual([null, null]);
  expect([MEMORY_PORT, ...given.slice(0, 10)].sort()).toEqual([...ROOT_PORTS].sort());
});
