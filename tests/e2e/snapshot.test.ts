/** Going back, and going on later: snapshots with memory, and machines that are suspended. */
import { chmodSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { execa } from 'execa';
import { inGuest, machine } from '../support/guest.ts';
import { processesOf } from '../support/leftovers.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';
import { layersOf, machineDir, stateFile } from '../support/state.ts';

const FILE = `
name: moments
vms:
  dev:
    cpus: 2
    memory: 1GiB
    storage: 6GiB
    shares: [./work]
`;

const dirOf = (box: Sandbox): string => machineDir(box, 'dev');

/** A number in memory alone, one on disk, and a process that lives. */
const set = (box: Sandbox, value: string): Promise<string> =>
  inGuest(
    box,
    `echo ${value} >/dev/shm/memory; echo ${value} >~/disk; sync; if ! pgrep -f 'sleep 98765' >/dev/null; then cd /; setsid sleep 98765 >/dev/null 2>&1 </dev/null & fi`,
  );
const LOOK = "cat /dev/shm/memory ~/disk; pgrep -fc 'sleep 98765'; cat /mnt/host-rw/work/there";

async function checkDisk(box: Sandbox): Promise<void> {
  const { stdout } = await execa('qemu-img', ['check', '-U', join(dirOf(box), 'disk.qcow2')]);
  expect(stdout).toContain('No errors were found');
}

function flip(dir: string, name = 'memory.bin'): void {
  const file = join(dir, name);
  const bytes = readFileSync(file);
  const at = Math.floor(bytes.length / 2);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  chmodSync(file, 0o600);
  writeFileSync(file, bytes);
}

/** What may become of saved memory: each is noticed, whatever QEMU would make of it. */
const SPOILS: readonly ((dir: string) => void)[] = [
  (dir) => truncateSync(join(dir, 'memory.bin'), statSync(join(dir, 'memory.bin')).size - 4096),
  (dir) => flip(dir),
  (dir) => flip(dir, 'state'),
  (dir) => {
    const saved = stateFile(dir, 'saved.json');
    expect(saved['processor']).toMatch(/^(kvm|tcg)/u);
    writeFileSync(join(dir, 'saved.json'), JSON.stringify({ ...saved, processor: 'kvm of another make' }));
  },
];

/** The command boots it, says why in one line, and keeps nothing of what was saved. */
async function bootsInstead(box: Sandbox, args = ['up']): Promise<void> {
  const { code, stderr } = await box.cli([...args, '--progress', 'plain']);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(stderr.match(/dev boots, what was suspended is lost[^\n]*/gu)).toHaveLength(1);
  expect(readdirSync(dirOf(box))).not.toContain('suspended');
}

scenario(
  'moments of a machine',
  () => ({ files: { 'ai-vm.yaml': FILE } }),
  (obligation) => {
    obligation('are kept while it runs, and come back with memory, processes, disk and shares', async (box) => {
      await box.ok(['up']);
      await inGuest(box, 'echo shared >/mnt/host-rw/work/there');
      await set(box, 'one');
      await box.ok(['snapshot', 'save', 'first']);
      expect(await inGuest(box, LOOK)).toBe('one\none\n1\nshared\n');
      await set(box, 'two');
      await box.ok(['snapshot', 'save', 'second']);
      await set(box, 'three');
      await box.ok(['snapshot', 'restore', 'first', '--yes']);
      expect(await inGuest(box, LOOK)).toBe('one\none\n1\nshared\n');
      const now = Number(await inGuest(box, 'date +%s'));
      expect(Math.abs(now - Date.now() / 1000)).toBeLessThan(15);
      await box.ok(['snapshot', 'restore', 'second', '--yes']);
      expect(await inGuest(box, LOOK)).toBe('two\ntwo\n1\nshared\n');
      const { snapshots } = JSON.parse(await box.ok(['snapshot', 'ls', '--format', 'json'])) as {
        snapshots: { name: string; memory: boolean }[];
      };
      expect(snapshots.map(({ name, memory }) => [name, memory])).toEqual([
        ['first', true],
        ['second', true],
      ]);
    });

    obligation('ask before they overwrite, and know their names', async (box) => {
      expect((await box.cli(['snapshot', 'restore', 'first'])).code).toBe(64);
      expect((await box.cli(['snapshot', 'save', 'first'])).code).toBe(64);
      const { code, stderr } = await box.cli(['snapshot', 'restore', 'frist', '--yes']);
      expect([code, stderr]).toEqual([64, expect.stringContaining('Did you mean first?')]);
      expect((await box.cli(['snapshot', 'save', '../x'])).code).toBe(64);
    });

    obligation('leave no layer behind when they are deleted, and a sound disk', async (box) => {
      expect(layersOf(box).length).toBeGreaterThan(0);
      await box.ok(['snapshot', 'rm', 'first']);
      expect(await inGuest(box, LOOK)).toBe('two\ntwo\n1\nshared\n');
      await box.ok(['snapshot', 'rm', 'second']);
      expect(layersOf(box)).toEqual([]);
      await checkDisk(box);
      expect(await inGuest(box, LOOK)).toBe('two\ntwo\n1\nshared\n');
    });

    obligation('of a stopped machine have its disk', async (box) => {
      await box.ok(['stop']);
      await box.ok(['snapshot', 'save', 'stopped']);
      await box.ok(['start']);
      await set(box, 'four');
      await box.ok(['snapshot', 'restore', 'stopped', '--yes']);
      expect(await machine(box)).toMatchObject({ state: 'stopped' });
      await box.ok(['start']);
      expect(await inGuest(box, 'cat ~/disk')).toBe('two\n');
      await box.ok(['stop']);
      await box.ok(['snapshot', 'rm', 'stopped']);
      expect(layersOf(box)).toEqual([]);
      await checkDisk(box);
      await box.ok(['start']);
      expect(await inGuest(box, 'cat ~/disk')).toBe('two\n');
    });

    obligation('are gone on from after `suspend`, with nothing running in between', async (box) => {
      await set(box, 'five');
      const { pid } = await machine(box);
      await box.ok(['suspend']);
      expect(await machine(box)).toMatchObject({ state: 'stopped', pid: null });
      expect(processesOf([box.dir])).toEqual([]);
      expect(await box.ok(['ps'])).toContain('suspended');
      await box.ok(['up']);
      expect((await machine(box)).pid).not.toBe(pid);
      expect(await inGuest(box, LOOK)).toBe('five\nfive\n1\nshared\n');
      expect(await box.ok(['up'])).toContain('Nothing to do');
      // Whoever wants in wakes it up.
      await box.ok(['suspend', 'dev']);
      expect(await inGuest(box, LOOK)).toBe('five\nfive\n1\nshared\n');
    });

    obligation('that cannot be gone on from cost a boot, said in a line, and no file', async (box) => {
      for (const [n, spoil] of SPOILS.entries()) {
        await set(box, `six${n}`);
        await box.ok(['suspend']);
        spoil(join(dirOf(box), 'suspended'));
        await bootsInstead(box);
        expect(await inGuest(box, 'cat ~/disk; ls /dev/shm | wc -l')).toBe(`six${n}\n0\n`);
      }
    });

    obligation('of a snapshot, too: its disk is gone back to all the same', async (box) => {
      await set(box, 'seven');
      await box.ok(['snapshot', 'save', 'damaged']);
      await set(box, 'eight');
      flip(join(dirOf(box), 'snapshots', 'damaged', 'memory'));
      await bootsInstead(box, ['snapshot', 'restore', 'damaged', '--yes']);
      expect(await inGuest(box, 'cat ~/disk; ls /dev/shm | wc -l')).toBe('seven\n0\n');
      await box.ok(['snapshot', 'rm', 'damaged']);
      expect(layersOf(box)).toEqual([]);
    });
  },
);
