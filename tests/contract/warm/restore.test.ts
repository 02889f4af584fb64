/** A QEMU that was saved goes on in another one: its memory byte for byte, and the state of its devices. */
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile, readdir, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execa } from 'execa';
import { GiB, MiB } from '../../../src/model/units.ts';
import { loadMemory, openMemory, saveMemory } from '../../../src/qemu/memory-image.ts';
import { loadState, saveState, withoutRam } from '../../../src/qemu/migration.ts';
import { runAs } from '../../fixtures/machines.ts';
import { CHASSIS, DISK_SIZE, startChassis, type Chassis } from './bench.ts';

const { signal } = new AbortController();
/** What a guest could have left anywhere: at the begin, over the edge of what is read at once, at the end. */
const MARKS = [
  [1 * MiB, 'the first megabyte is the firmware’s'],
  [8 * MiB - 3, 'over an edge'],
  [CHASSIS.base - 12, 'the very end'],
] as const;

let dir: string;
let running: Chassis[];
const at = (name: string): string => join(dir, name);

async function start(name: string, more: readonly string[] = []): Promise<Chassis> {
  const chassis = await startChassis(dir, name, at(`${name}.qcow2`), more);
  running.push(chassis);
  return chassis;
}

const statusOf = async ({ qmp }: Chassis): Promise<unknown> =>
  ((await qmp.execute('query-status')) as { status: unknown }).status;

/** Everything that a program sees of its processors. */
const registers = ({ qmp }: Chassis): Promise<string> => qmp.hmp('info registers -a');

async function sha256({ pid }: Chassis): Promise<string> {
  const memory = await openMemory(pid, CHASSIS.base, 'r');
  try {
    return (await execa('sha256sum', { inputFile: `/proc/self/fd/${memory.fd}` })).stdout;
  } finally {
    await memory.close();
  }
}

/** A machine that has run, stands still, and was saved. */
async function save(): Promise<Chassis> {
  const source = await start('source');
  // Its firmware looks for something to boot from, and finds nothing.
  await source.qmp.execute('stop');
  const memory = await openMemory(source.pid, CHASSIS.base, 'r+');
  for (const [offset, text] of MARKS) await memory.write(text, offset);
  await withoutRam(source.qmp);
  await saveState(source.qmp, at('state'), at('migrate.sock'), runAs);
  await saveMemory(memory, at('memory.bin'), at('memory.json'), signal);
  await memory.close();
  return source;
}

async function fill({ pid }: Chassis): Promise<void> {
  const memory = await openMemory(pid, CHASSIS.base, 'r+');
  try {
    await loadMemory(memory, at('memory.bin'), at('memory.json'));
  } finally {
    await memory.close();
  }
}

beforeEach(async () => {
  running = [];
  dir = await mkdtemp(join(tmpdir(), 'ai-vm-restore-'));
  for (const name of ['source', 'clone']) {
    await execa('qemu-img', ['create', '-q', '-f', 'qcow2', at(`${name}.qcow2`), String(DISK_SIZE)]);
  }
});
afterEach(async () => {
  await Promise.all(running.map((each) => each.end()));
  await rm(dir, { recursive: true });
});

describe('a saved QEMU', () => {
  it('goes on in another one', async () => {
    const source = await save();
    const [sum, seen] = [await sha256(source), await registers(source)];
    expect((await stat(at('state'))).size).toBeLessThan(4 * MiB);
    expect((await stat(at('memory.bin'))).size).toBeLessThan(64 * MiB);
    for (const name of ['state', 'memory.bin', 'memory.json']) expect((await stat(at(name))).mode & 0o777).toBe(0o600);
    await source.qmp.execute('quit');

    const clone = await start('clone', ['-incoming', 'defer']);
    expect(await statusOf(clone)).toBe('inmigrate');
    await withoutRam(clone.qmp);
    await fill(clone);
    await loadState(clone.qmp, at('state'), at('load.sock'));
    expect(await statusOf(clone)).toBe('paused');
    expect(await sha256(clone)).toBe(sum);
    expect(await registers(clone)).toBe(seen);
    // QEMU sees the same memory as whoever reads its file.
    for (const [offset, text] of MARKS) {
      const size = Buffer.byteLength(text);
      const shown = await clone.qmp.hmp(`xp /${size}xb 0x${offset.toString(16)}`);
      const bytes = [...shown.matchAll(/0x([0-9a-f]{2})\b/g)].map(([, byte]) => Number.parseInt(byte!, 16));
      expect(Buffer.from(bytes).toString()).toBe(text);
    }
    await clone.qmp.execute('cont');
    expect(await statusOf(clone)).toBe('running');
    expect((await readdir(dir)).filter((name) => ['migrate.sock', 'load.sock'].includes(name))).toEqual([]);
  });

  it('is never saved over another one', async () => {
    await writeFile(at('state'), 'of another one');
    await expect(save()).rejects.toThrow('EEXIST');
    expect(await statusOf(running[0]!)).toMatch(/^(paused|postmigrate|finish-migrate)$/);
    expect((await stat(at('state'))).size).toBe('of another one'.length);
    expect(await readdir(dir)).not.toContain('migrate.sock');
  });

  it.each([
    ['is no state', () => writeFile(at('state'), 'no state of any machine')],
    ['breaks off', async () => truncate(at('state'), Math.floor((await stat(at('state'))).size / 2))],
    ['is empty', () => truncate(at('state'), 0)],
  ])('whose state %s ends the QEMU that reads it, and somebody is told', async (_, damage) => {
    const source = await save();
    await source.qmp.execute('quit');
    await damage();
    const clone = await start('clone', ['-incoming', 'defer']);
    const exited = once(clone.child, 'exit');
    await withoutRam(clone.qmp);
    await fill(clone);
    await expect(loadState(clone.qmp, at('state'), at('load.sock'))).rejects.toThrow();
    await exited;
  });
});

it('the memory that a QEMU starts with is told from what is plugged in', async () => {
  const { qmp, pid } = await start('source', ['-S']);
  const backend = { 'qom-type': 'memory-backend-memfd', id: 'mem1', size: GiB, share: true, reserve: false };
  await qmp.execute('object-add', backend);
  for (const size of [CHASSIS.base, GiB]) {
    const memory = await openMemory(pid, size, 'r');
    expect((await memory.stat()).size).toBe(size);
    await memory.close();
  }
  await expect(openMemory(pid, 3 * MiB, 'r')).rejects.toMatchObject({ code: 'qmp.failed' });
});
