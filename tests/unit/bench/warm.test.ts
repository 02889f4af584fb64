import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const BENCH = join(import.meta.dirname, '../../../bench');
const lib = (name: string): Promise<unknown> => import(join(BENCH, 'lib', name));

interface Mark {
  ms: number;
  uptime: number;
  type: string;
  kind?: string;
  text?: string;
}

const { mark, phasesOf } = (await lib('ups.mjs')) as {
  mark(marks: readonly Mark[], type: string, like?: { kind?: string; text?: string }): Mark;
  phasesOf(marks: readonly Mark[], wall: number): Record<string, number>;
};
const { loginAt, medians } = (await lib('warm.mjs')) as {
  loginAt(marks: readonly Mark[]): number;
  medians(samples: readonly Record<string, number>[]): Record<string, number>;
};
const { available, groupsFor, rollup } = (await lib('many.mjs')) as {
  available(text: string): number;
  groupsFor(free: number, full: boolean): number[];
  rollup(text: string): { rss: number; pss: number };
};
const { base } = (await lib('argv.mjs')) as { base(argv: readonly string[]): number };
const { timed } = (await lib('measure.mjs')) as {
  timed(argv: string[]): Promise<{ stdout: string; stderr: string }>;
};
const { renderTable } = (await lib('table.mjs')) as { renderTable(result: object): string };

const at = (ms: number, type: string, kind?: string, text?: string): Mark => ({
  ...{ ms, uptime: 0, type },
  ...(kind === undefined ? {} : { kind }),
  ...(text === undefined ? {} : { text }),
});

const WARM = [
  at(200, 'plan'),
  at(230, 'step-started', 'image'),
  at(235, 'step-done', 'image'),
  at(240, 'step-started', 'create'),
  at(260, 'step-done', 'create'),
  at(261, 'step-started', 'start'),
  at(280, 'step-progress', 'start', 'starting QEMU'),
  at(400, 'step-progress', 'start', 'restoring its memory'),
  at(550, 'step-progress', 'start', 'attaching its shares'),
  at(570, 'step-progress', 'start', 'telling it who it is'),
  at(590, 'answered', undefined, 'agent'),
  at(1500, 'step-done', 'start'),
  at(1502, 'step-progress', 'ready', 'waiting for SSH'),
  at(1510, 'step-progress', 'ready', 'growing memory, vCPUs and disk'),
  at(1900, 'answered', undefined, 'ssh'),
  at(2300, 'step-done', 'ready'),
];

describe('phasesOf', () => {
  it('tells where the time of a warm start goes', () => {
    const phases = phasesOf(WARM, 2350);
    expect(phases).toEqual({
      ...{ plan: 200, preflight: 40, create: 20, prepare: 20, spawn: 120, restore: 150, shares: 20, settings: 930 },
      ...{ SSH: 400, 'growth beside it': 790, after: 50 },
    });
  });

  it('refuses a machine that has booted', () => {
    const cold = WARM.filter(({ text }) => text !== 'restoring its memory');
    expect(() => phasesOf(cold, 2350)).toThrow('never said: step-progress, start, restoring its memory');
  });

  it('takes no time for an SSH server that was there before', () => {
    const early = WARM.map((each) => (each.text === 'ssh' ? { ...each, ms: 1400 } : each));
    expect(phasesOf(early, 2350)['SSH']).toBe(0);
  });
});

describe('mark', () => {
  it('is the first one that is alike', () => {
    expect(mark(WARM, 'step-done').kind).toBe('image');
    expect(mark(WARM, 'answered', { text: 'ssh' }).ms).toBe(1900);
  });
});

describe('loginAt', () => {
  it('waits for SSH and for the users', () => {
    expect(loginAt(WARM)).toBe(1900);
    expect(loginAt(WARM.map((each) => (each.text === 'ssh' ? { ...each, ms: 1400 } : each)))).toBe(1500);
  });
});

describe('medians', () => {
  it('are taken key by key', () => {
    const samples = [
      { a: 1, b: 10 },
      { a: 3, b: 30 },
      { a: 2, b: 90 },
    ];
    expect(medians(samples)).toEqual({ a: 2, b: 30 });
  });
});

describe('memory', () => {
  it('is read in MiB', () => {
    expect(rollup('55e7 ---p [rollup]\nRss:     2048 kB\nPss:     1536 kB\nPss_Dirty:  4 kB\n')).toEqual({
      rss: 2,
      pss: 1.5,
    });
    expect(available('MemTotal:  4096 kB\nMemAvailable:   3072 kB\n')).toBe(3);
  });

  it('decides how many machines are started', () => {
    expect(groupsFor(2000, false)).toEqual([1, 4]);
    expect(groupsFor(17_000, false)).toEqual([1, 4, 16]);
    expect(groupsFor(2000, true)).toEqual([1, 4, 16]);
  });

  it('of a machine is in its arguments', () => {
    expect(base(['-object', 'memory-backend-memfd,id=ram0,size=2048M,share=on'])).toBe(2 ** 31);
    expect(() => base(['-m', '2G'])).toThrow('there is no memory');
  });
});

describe('the witness', () => {
  const SCRIPT = `
    import { mkdtempSync, rmSync } from 'node:fs';
    import { createConnection, createServer } from 'node:net';
    const dir = mkdtempSync('/tmp/witness-');
    const server = (at, text) => new Promise((resolve) => {
      const listening = createServer((socket) => socket.end(text)).listen(at, () => resolve(listening));
    });
    const read = async (to) => {
      let text = '';
      for await (const chunk of createConnection(to)) text += chunk;
      return text;
    };
    const agent = await server(dir + '/agent.sock', '{"return":{}}');
    const ssh = await server(0, 'SSH-2.0-x');
    const other = await server(dir + '/other.sock', '{}');
    console.log(await read(dir + '/other.sock'));
    for (const _ of [1, 2]) console.log(await read({ path: dir + '/agent.sock' }), await read({ port: ssh.address().port, host: '127.0.0.1' }));
    for (const one of [agent, ssh, other]) one.close();
    rmSync(dir, { recursive: true });`;

  it('says once each who has answered, and takes nothing away', async () => {
    const argv = [process.execPath, `--import=${join(BENCH, 'witness.mjs')}`, '--input-type=module', '-e', SCRIPT];
    const { stdout, stderr } = await timed(argv);
    expect(stdout).toBe('{}\n{"return":{}} SSH-2.0-x\n{"return":{}} SSH-2.0-x\n');
    expect(stderr).toBe('{"type":"answered","what":"agent"}\n{"type":"answered","what":"ssh"}\n');
  });
});

describe('renderTable', () => {
  it('shows where a warm start takes its time', () => {
    const text = renderTable({
      host: { node: 'v20', cpus: 2, load: [1, 2] },
      rows: [],
      sections: {
        warm: { split: { plan: 200.4, SSH: 400 } },
        clone: { reached: { ours: { qemu: 70 }, bare: { qemu: 50.2 } } },
      },
    });
    expect(text.split('\n').slice(3)).toEqual([
      '',
      'ai-vm up, warm (medians): plan 200 ms, SSH 400 ms',
      '',
      'ai-vm, warm, from the start of QEMU until (medians): qemu 70 ms',
      '',
      'bare QEMU, warm, from its start until (medians): qemu 50 ms',
      '',
    ]);
  });
});
