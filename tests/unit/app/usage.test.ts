import { describe, expect, it } from '@jest/globals';
import { cpuPercent, parseBlockStats } from '../../../src/app/stats.ts';
import { parsePs } from '../../../src/app/top.ts';
import { parseTraffic } from '../../../src/guest/agent-replies.ts';
import { parseCpuTime } from '../../../src/host/processes.ts';
import { makeStyle } from '../../../src/report/style.ts';
import { renderStats } from '../../../src/report/stats.ts';
import { renderTop } from '../../../src/report/top.ts';

const PLAIN = makeStyle(false, true);

describe('what machines use', () => {
  it('counts CPU time of a process whatever its name is', () => {
    const fields = ['S', 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 150, 50, 0];
    expect(parseCpuTime(`42 (a ) b) ${fields.join(' ')}`)).toBe(2000);
    expect(parseCpuTime('nonsense')).toBeNull();
    expect(cpuPercent(1500, 1000)).toBe(150);
    expect(cpuPercent(0, 0)).toBeNull();
  });

  it('adds up disks, and leaves out what is no number', () => {
    const disk = (read: unknown, written: unknown) => ({ stats: { rd_bytes: read, wr_bytes: written } });
    expect(parseBlockStats([disk(1, 2), disk(10, 'x'), null, {}])).toEqual({ read: 11, written: 2 });
    expect(parseBlockStats('no list')).toEqual({ read: 0, written: 0 });
  });

  it('adds up networks but the loopback, and believes no nonsense', () => {
    const net = (name: string, received: unknown) => ({ name, statistics: { 'rx-bytes': received, 'tx-bytes': 5 } });
    expect(parseTraffic([net('lo', 100), net('eth0', 7), net('eth1', 1), { name: 'eth2' }])).toEqual({
      ...{ received: 8, sent: 10 },
    });
    expect(() => parseTraffic([net('eth0', -1)])).toThrow('makes no sense');
  });

  it('is a table that fits 80 columns', () => {
    const machine = {
      ...{ name: 'dev', state: 'running' as const, cpu: 123.4, memory: 1.5 * 2 ** 30, memoryLimit: 8 * 2 ** 30 },
      disk: { read: 2 ** 30, written: 2 ** 20 },
      network: { received: 999 * 2 ** 20, sent: 2 ** 20 },
      gateway: null,
    };
    const table = renderStats(
      [machine, { ...machine, name: 'db', state: 'paused', cpu: null, network: null }],
      79,
      PLAIN,
    );
    expect(table).toMatch(/dev +123\.4 % +1\.5 GiB +8 GiB/);
    expect(table).toContain('db (paused)');
    expect(Math.max(...table.split('\n').map((line) => line.length))).toBeLessThanOrEqual(79);
  });

  it('believes a gateway rather than the guest, and says what it has refused where there is room', () => {
    const row = {
      ...{ name: 'dev', state: 'running' as const, cpu: null, memory: null, memoryLimit: null, disk: null },
      network: { received: 1, sent: 2 },
      gateway: { received: 3 * 2 ** 20, sent: 4 * 2 ** 20, connections: 7, denied: 12 },
    };
    const plain = { ...row, name: 'old', gateway: null };
    expect(renderStats([row, plain], 100, PLAIN).replaceAll(/ +$/gm, '')).toMatchInlineSnapshot(`
      "NAME  CPU  MEMORY  OF  READ  WRITTEN   NET IN  NET OUT  OPEN  DENIED
      dev     -       -   -     -        -  3.0 MiB  4.0 MiB     7      12
      old     -       -   -     -        -      1 B      2 B     -       -"
    `);
    expect(renderStats([row], 80, PLAIN)).not.toContain('DENIED');
  });
});

describe('processes of a guest', () => {
  const text = [
    'root         1  0.3 12345    01:02 /sbin/init',
    'dev        321 99.9   100 2-03:04:05 node --title a  b',
    'evil        66  0.0     1    00:01 \u001b[2Jboo',
    'not a line of ps',
    'root 99999999999 0 0 00:00 no such pid',
    '',
  ].join('\n');

  it('are read line by line, and what is not of that shape is left out', () => {
    expect(parsePs(text)).toEqual([
      { user: 'root', pid: 1, cpu: 0.3, memory: 12345 * 1024, elapsed: '01:02', command: '/sbin/init' },
      { user: 'dev', pid: 321, cpu: 99.9, memory: 102_400, elapsed: '2-03:04:05', command: 'node --title a  b' },
      { user: 'evil', pid: 66, cpu: 0, memory: 1024, elapsed: '00:01', command: expect.not.stringContaining('\u001b') },
    ]);
  });

  it('are cut to the width of the terminal', () => {
    const long = parsePs(`root 1 0.3 12345 01:02 /usr/bin/${'x'.repeat(400)}`);
    const lines = renderTop(long, 80, PLAIN).split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(/…$/);
    expect(lines[1]!.length).toBeLessThanOrEqual(80);
  });
});
