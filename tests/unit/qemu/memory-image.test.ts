import { open, readFile, truncate, writeFile, mkdtemp, rm, stat, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { loadMemory, openMemory, parseIndex, saveMemory, touched } from '../../../src/qemu/memory-image.ts';
import { MiB } from '../../../src/model/units.ts';

const PAGE = 64 * 1024;
const CHUNK = 4 * MiB;
const { signal } = new AbortController();

let dir: string;
const at = (name: string): string => join(dir, name);
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ai-vm-memory-'));
});
afterEach(() => rm(dir, { recursive: true }));

type Write = readonly [offset: number, text: string];

/** A sparse file for memory, of so many bytes, with these written into it. */
async function memoryOf(name: string, size: number, writes: readonly Write[] = []): Promise<FileHandle> {
  const file = await open(at(name), 'w+');
  await file.truncate(size);
  for (const [offset, text] of writes) await file.write(text, offset);
  return file;
}

async function save(size: number, writes: readonly Write[] = []): Promise<number> {
  for (const name of ['bin', 'index']) await rm(at(name), { force: true });
  const memory = await memoryOf('saved', size, writes);
  try {
    return await saveMemory(memory, at('bin'), at('index'), signal);
  } finally {
    await memory.close();
  }
}

async function load(size: number): Promise<void> {
  const memory = await memoryOf('loaded', size);
  try {
    await loadMemory(memory, at('bin'), at('index'));
  } finally {
    await memory.close();
  }
}

const indexOf = async () => parseIndex(await readFile(at('index'), 'utf8'));

describe('the memory of a guest', () => {
  it.each<[string, number, Write[], number]>([
    ['nothing but zeroes', 3 * CHUNK, [], 0],
    ['none at all', 0, [], 0],
    ['one byte', 2 * MiB, [[MiB + 5, 'x']], PAGE],
    [
      'the first and the last byte',
      2 * CHUNK,
      [
        [0, 'x'],
        [2 * CHUNK - 1, 'y'],
      ],
      2 * PAGE,
    ],
    ['two pages side by side', CHUNK, [[PAGE - 1, 'xy']], 2 * PAGE],
    ['a run over the edge of what is read at once', 2 * CHUNK, [[CHUNK - 1, 'xy']], 2 * PAGE],
    ['an odd tail that is zero', MiB + 1000, [[0, 'x']], PAGE],
    ['an odd tail that is not', MiB + 1000, [[MiB + 999, 'x']], 1000],
    ['less than a page', 1000, [[0, 'x']], 1000],
  ])('is kept and comes back: %s', async (_, size, writes, kept) => {
    expect(await save(size, writes)).toBe(kept);
    expect((await stat(at('bin'))).size).toBe(kept);
    await load(size);
    expect((await readFile(at('loaded'))).equals(await readFile(at('saved')))).toBe(true);
  });

  it('is kept and comes back, whatever is in it', async () => {
    const write = fc.tuple(fc.integer({ min: 0, max: 2 * CHUNK }), fc.string({ minLength: 1, maxLength: 3 }));
    const tail = fc.integer({ min: 0, max: 2 * PAGE });
    await fc.assert(
      fc.asyncProperty(fc.array(write, { maxLength: 8 }), tail, async (writes, more) => {
        const size = 2 * CHUNK + 16 + more;
        await save(size, writes);
        await load(size);
        expect((await readFile(at('loaded'))).equals(await readFile(at('saved')))).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('is kept for nobody else, and never over what is there', async () => {
    await save(MiB, [[0, 'x']]);
    for (const name of ['bin', 'index']) expect((await stat(at(name))).mode & 0o777).toBe(0o600);
    const memory = await memoryOf('again', MiB);
    await expect(saveMemory(memory, at('bin'), at('other'), signal)).rejects.toThrow('EEXIST');
    await memory.close();
  });

  it('is no longer read when nobody wants it', async () => {
    const memory = await memoryOf('again', MiB);
    await expect(saveMemory(memory, at('bin'), at('index'), AbortSignal.abort())).rejects.toThrow('abort');
    await memory.close();
  });

  it('tells how the parts of a chunk that are not zero lie', () => {
    const chunk = Buffer.alloc(5 * PAGE + 10);
    expect([...touched(chunk)]).toEqual([]);
    for (const offset of [0, 2 * PAGE, 4 * PAGE - 1, 5 * PAGE + 9]) chunk[offset] = 1;
    expect([...touched(chunk)]).toEqual([
      [0, PAGE],
      [2 * PAGE, 4 * PAGE],
      [5 * PAGE, 5 * PAGE + 10],
    ]);
    expect([...touched(Buffer.alloc(0))]).toEqual([]);
  });
});

describe('memory that was damaged', () => {
  const SIZE = 3 * CHUNK;
  const corrupt = expect.objectContaining({ code: 'image.corrupt' }) as unknown;
  beforeEach(async () => {
    await save(SIZE, [
      [0, 'one'],
      [CHUNK + PAGE, 'two'],
      [SIZE - 5, 'three'],
    ]);
  });

  it('is refused when a byte of any run is another one', async () => {
    const whole = await readFile(at('bin'));
    for (const offset of [0, PAGE - 1, PAGE + 1, whole.length - 1]) {
      const bytes = Buffer.from(whole);
      bytes[offset]! ^= 1;
      await writeFile(at('bin'), bytes);
      await expect(load(SIZE)).rejects.toEqual(corrupt);
    }
  });

  it.each([0, 1, PAGE, 3 * PAGE - 1])('is refused when only %i bytes of it are left', async (length) => {
    await truncate(at('bin'), length);
    await expect(load(SIZE)).rejects.toEqual(corrupt);
  });

  it.each(['bin', 'index'])('is refused when its %s is gone', async (name) => {
    await rm(at(name));
    await expect(load(SIZE)).rejects.toEqual(corrupt);
  });

  it('is refused for a machine of another size', async () => {
    await expect(load(SIZE + PAGE)).rejects.toEqual(corrupt);
  });

  it.each([
    ['', 'no JSON'],
    ['{"formatVersion":1,"size":1', 'no JSON'],
    ['null', 'expected shape'],
    ['[]', 'expected shape'],
    ['{"formatVersion":2,"size":8,"runs":[]}', 'expected shape'],
    ['{"formatVersion":1,"size":8}', 'expected shape'],
    ['{"formatVersion":1,"runs":[]}', 'how large'],
    ['{"formatVersion":1,"size":-1,"runs":[]}', 'how large'],
    ['{"formatVersion":1,"size":1e300,"runs":[]}', 'how large'],
    ['{"formatVersion":1,"size":8,"runs":[null]}', 'outside'],
    ['{"formatVersion":1,"size":8,"runs":[[0,8]]}', 'outside'],
    ['{"formatVersion":1,"size":8,"runs":[[0,8,0,0]]}', 'outside'],
    ['{"formatVersion":1,"size":8,"runs":[[0,9,0]]}', 'outside'],
    ['{"formatVersion":1,"size":8,"runs":[[-1,4,0]]}', 'outside'],
    ['{"formatVersion":1,"size":8,"runs":[["0",4,0]]}', 'outside'],
    ['{"formatVersion":1,"size":8,"runs":[[0.5,4,0]]}', 'outside'],
    // More than is ever read at once.
    ['{"formatVersion":1,"size":99999999,"runs":[[0,99999999,0]]}', 'outside'],
  ])('is refused when its index is %s', (text, why) => {
    expect(() => parseIndex(text)).toThrow(
      expect.objectContaining({ code: 'image.corrupt', why: expect.stringContaining(why) as unknown as string }),
    );
  });

  it('has an index that is whole or refused, whatever somebody has made of it', () => {
    const number = fc.oneof(fc.integer(), fc.double(), fc.constant(null), fc.string());
    const like = fc.record({
      formatVersion: fc.constantFrom(1, 1, 1, 2),
      size: fc.oneof(fc.nat(), number),
      runs: fc.array(fc.oneof(fc.array(number), fc.tuple(fc.nat(), fc.nat(), fc.nat()))),
    });
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      like.map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(texts, (text) => {
        let index: ReturnType<typeof parseIndex>;
        try {
          index = parseIndex(text);
        } catch (error) {
          expect(error).toEqual(corrupt);
          return;
        }
        for (const [offset, length, crc] of index.runs) {
          expect([offset, length, crc].every((n) => Number.isSafeInteger(n) && n >= 0)).toBe(true);
          expect(offset + length).toBeLessThanOrEqual(index.size);
          expect(length).toBeLessThanOrEqual(CHUNK);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('of which a changed place in the index is told by nothing but its digest: the index is sealed for that', async () => {
    const { runs, ...rest } = await indexOf();
    const moved = runs.map(([offset, ...run], n) => [n === 0 ? offset + PAGE : offset, ...run]);
    await writeFile(at('index'), JSON.stringify({ ...rest, runs: moved }));
    await expect(load(SIZE)).resolves.toBeUndefined();
  });

  it('is no longer loaded when the machine does not take it', async () => {
    // A write that fails while the next run is read must not end the process as a rejection that nobody handles.
    let handled = false;
    const write = (): Promise<never> => {
      const failing = Promise.reject(new Error('ENOSPC'));
      const then = failing.then.bind(failing);
      failing.then = (...handlers) => {
        handled = true;
        return then(...handlers);
      };
      return failing;
    };
    const full = { stat: () => stat(at('saved')), write } as unknown as FileHandle;
    await expect(loadMemory(full, at('bin'), at('index'))).rejects.toThrow('ENOSPC');
    expect(handled).toBe(true);
  });
});

it('the memory of a process is found by what it is and by its size', async () => {
  await expect(openMemory(process.pid, 12345, 'r')).rejects.toThrow('could not be found');
  await expect(openMemory(2 ** 22 + 1, 12345, 'r')).rejects.toThrow();
});
