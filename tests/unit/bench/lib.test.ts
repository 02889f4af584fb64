import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const lib = (name: string): Promise<unknown> => import(join(import.meta.dirname, '../../../bench/lib', name));

const { median } = (await lib('stats.mjs')) as { median(values: readonly number[]): number };
const { blame, duration, phases } = (await lib('guest.mjs')) as {
  blame(text: string, most: number): { unit: string; seconds: number }[];
  duration(text: string): number;
  phases(text: string): Record<string, number>;
};
const { kindOf } = (await lib('resident.mjs')) as { kindOf(program: string): string };
const { byTurns, timed } = (await lib('measure.mjs')) as {
  byTurns(
    commands: Record<string, { argv: string[] }>,
    runs: number,
  ): Promise<Record<string, { wall: number[]; cpu: number[] }>>;
  timed(argv: string[], options?: { onLine?: (line: string) => void }): Promise<{ stdout: string; stderr: string }>;
};
const { reached, renderTable } = (await lib('table.mjs')) as {
  reached(row: object): boolean | null;
  renderTable(result: object): string;
};

const of = (value: number): object => ({ median: value, min: value, samples: [value] });

describe('median', () => {
  it('is the middle one, or between the two in the middle', () => {
    expect(median([9, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([])).toBeNaN();
  });
});

describe('systemd-analyze', () => {
  it('is read in seconds', () => {
    expect(duration('1min 2.5s')).toBeCloseTo(62.5);
    expect(phases('Startup finished in 2.5s (kernel) + 812ms (initrd) + 1min 1.5s (userspace) = 1min 4.812s')).toEqual({
      kernel: 2.5,
      initrd: 0.812,
      userspace: 61.5,
    });
  });

  it('names the slowest units', () => {
    const text = '1min 1.2s a.service\n   2.2s dev-vda.device\n  912ms systemd-udevd.service\n';
    expect(blame(text, 2)).toEqual([
      { unit: 'a.service', seconds: 61.2 },
      { unit: 'dev-vda.device', seconds: 2.2 },
    ]);
  });
});

describe('kindOf', () => {
  it('knows QEMU and virtiofsd, and takes all else for ours', () => {
    expect(kindOf('/usr/bin/qemu-system-x86_64')).toBe('qemu');
    expect(kindOf('/usr/lib/qemu/virtiofsd')).toBe('virtiofsd');
    expect(kindOf('/usr/bin/node')).toBe('other');
  });
});

describe('timed', () => {
  it('keeps the time apart from what the command says', async () => {
    const lines: string[] = [];
    const { stdout, stderr } = await timed(['sh', '-c', 'echo out; echo one >&2; echo two >&2'], {
      onLine: (line) => lines.push(line),
    });
    expect([stdout, stderr]).toEqual(['out\n', 'one\ntwo\n']);
    expect(lines.slice(0, 2)).toEqual(['one', 'two']);
  });

  it('rejects when the command fails', async () => {
    await expect(timed(['sh', '-c', 'echo broken >&2; exit 3'])).rejects.toThrow(/ended with 3\nbroken/);
  });
});

describe('byTurns', () => {
  it('leaves out the first round', async () => {
    const samples = await byTurns({ a: { argv: ['true'] }, b: { argv: ['true'] } }, 2);
    expect(samples['a']?.wall).toHaveLength(2);
    expect(samples['b']?.cpu).toHaveLength(2);
  });
});

describe('reached', () => {
  it.each([
    [{ ours: of(130), floor: of(100), aim: { more: 30 } }, true],
    [{ ours: of(131), floor: of(100), aim: { more: 30 } }, false],
    [{ ours: of(1.05), floor: of(1), aim: { ratio: 1.05 } }, true],
    [{ ours: of(1.06), floor: of(1), aim: { ratio: 1.05 } }, false],
    [{ ours: of(301), floor: of(1), aim: { most: 300 } }, false],
    [{ ours: of(300), floor: null, aim: null }, null],
  ])('judges %j', (row, expected) => expect(reached(row)).toBe(expected));
});

describe('renderTable', () => {
  it('shows what was measured, and where the guest takes its time', () => {
    const row = { what: 'ai-vm --version', unit: 'ms', ours: of(83), floor: of(70), floorName: 'node -e 0' };
    const text = renderTable({
      host: { node: 'v20', cpus: 2, load: [1, 2], qemu: '7.2', accelerator: 'tcg' },
      rows: [
        { ...row, cpu: { ours: of(80), floor: of(60) }, aim: { more: 30 } },
        { what: 'resident', unit: 'MiB', ours: of(4.25), floor: null, aim: { most: 0 }, note: 'QEMU 200 MiB' },
      ],
      sections: {
        guest: { phases: { kernel: 2 }, blame: [{ unit: 'a.service', seconds: 1.5 }] },
        boot: { split: { before: 120.4, start: 300 } },
      },
    });
    expect(text).toMatchInlineSnapshot(`
      "Node v20, QEMU 7.2 (tcg), 2 CPUs, load 1 → 2

      what (median)    ours     floor              difference  of minima  ratio  of CPU time   aim
      ai-vm --version  83 ms    70 ms (node -e 0)  +13 ms      +13 ms     1.19×  1.33× +20 ms  ≤ +30 ms  ok
      resident         4.3 MiB  -                  -           -          -      -             ≤ 0 MiB   MISSED  QEMU 200 MiB

      guest: kernel 2 s
        a.service  1.5 s

      ai-vm up, cold (medians): before 120 ms, start 300 ms
      "
    `);
  });
});
