/** What happened behind our back: the next command sees the truth, and nothing that matters is lost. */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { execa } from 'execa';
import { end, inGuest, machine } from '../support/guest.ts';
import { processesOf } from '../support/leftovers.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';
import { argumentsOf, machineDir, optionOf, stateFile } from '../support/state.ts';

const FILE = `
name: recovery
vms:
  dev:
    cpus: 1
    memory: 768MiB
    storage: 6GiB
    shares: [./work]
`;

const dirOf = (box: Sandbox): string => machineDir(box, 'dev');

async function kill(box: Sandbox): Promise<void> {
  const { pid } = await machine(box);
  end(pid);
}

/** Runs `work` while another process has the number that the machine's pid file names, as after many others came and went. */
async function withReusedPid(file: string, work: () => Promise<void>): Promise<void> {
  const stranger = execa('sleep', ['3600'], { reject: false });
  try {
    writeFileSync(file, `${String(stranger.pid)}\n`);
    await work();
    expect(argumentsOf(stranger.pid ?? 0)).toEqual(['sleep', '3600']);
  } finally {
    stranger.kill('SIGKILL');
    await stranger;
  }
}

scenario(
  'a machine that is interfered with',
  () => ({ files: { 'ai-vm.yaml': FILE } }),
  (obligation) => {
    let pidFile = '';

    obligation('is as it was when the record of its start is lost', async (box) => {
      await box.ok(['up']);
      const before = await machine(box);
      pidFile = optionOf(argumentsOf(before.pid ?? 0), '-pidfile');
      await inGuest(box, 'echo kept >~/kept; sync');
      const disk = statSync(join(dirOf(box), 'disk.qcow2'));
      const record = join(dirOf(box), 'applied.json');
      renameSync(record, `${record}.lost`);
      expect(await machine(box)).toMatchObject({ state: 'running', pid: before.pid, ssh: { user: 'dev' } });
      const plan = JSON.parse(await box.ok(['plan', '--format', 'json'])) as { vms: unknown[]; steps: unknown[] };
      expect(plan).toMatchObject({ vms: [{ verdict: 'none', changes: [], pending: [] }], steps: [] });
      expect(await box.ok(['up'])).toContain('Nothing to do');
      expect((await machine(box)).pid).toBe(before.pid);
      expect(statSync(join(dirOf(box), 'disk.qcow2')).ino).toBe(disk.ino);
      expect(await inGuest(box, 'cat ~/kept')).toBe('kept\n');
      renameSync(`${record}.lost`, record);
    });

    obligation('is dead when its QEMU is killed, says so, and takes its helpers along', async (box) => {
      await kill(box);
      expect(await machine(box)).toMatchObject({ state: 'dead', pid: null });
      expect(await box.ok(['ps'])).toContain('ai-vm up');
      const { code, stderr } = await box.cli(['exec', 'dev', '--', 'true']);
      expect({ code, dead: stderr.includes('dev is dead') }).toEqual({ code: 1, dead: true });
      expect(processesOf([box.dir])).toEqual([]);
    });

    obligation('comes back with what had reached its disk, also when its old number has been reused', async (box) => {
      await withReusedPid(pidFile, async () => {
        expect(await machine(box)).toMatchObject({ state: 'dead', pid: null });
        await box.ok(['up']);
      });
      expect(await machine(box)).toMatchObject({ state: 'running', problem: null });
      expect(await inGuest(box, 'cat ~/kept; findmnt -nt virtiofs,9p | wc -l')).toBe('kept\n1\n');
    });

    obligation('is taken down when it is dead, and whoever has its number is not', async (box) => {
      await kill(box);
      await withReusedPid(pidFile, async () => {
        await box.ok(['down']);
      });
      expect(await machine(box)).toMatchObject({ state: 'stopped', pid: null });
      expect(box.leftovers()).toEqual([]);
    });

    obligation('keeps its disk when its identity is lost, and gets a new one', async (box) => {
      const before = stateFile(dirOf(box), 'identity.json');
      const disk = statSync(join(dirOf(box), 'disk.qcow2'));
      rmSync(join(dirOf(box), 'identity.json'));
      expect(await machine(box)).toMatchObject({ state: 'stopped', problem: expect.stringContaining('identity.json') });
      await box.ok(['up']);
      expect(statSync(join(dirOf(box), 'disk.qcow2')).ino).toBe(disk.ino);
      const { uuid, machineId, hostKey } = stateFile(dirOf(box), 'identity.json');
      expect([uuid, machineId, hostKey]).not.toContain(undefined);
      expect([before['uuid'], before['machineId'], before['hostKey']]).not.toContain(uuid);
      // The guest's own number is on its disk, and stays what it was.
      expect(await inGuest(box, 'cat ~/kept /etc/machine-id')).toBe(`kept\n${String(before['machineId'])}\n`);
      expect(readFileSync(join(dirOf(box), 'known_hosts'), 'utf8')).toContain(String(hostKey).split(' ')[1]);
    });

    obligation('is not taken for stopped, nor started twice, when its identity is lost while it runs', async (box) => {
      const { pid } = await machine(box);
      rmSync(join(dirOf(box), 'identity.json'));
      expect(await machine(box)).toMatchObject({
        state: 'unknown',
        pid,
        problem: expect.stringContaining('identity.json'),
      });
      const { code, stderr } = await box.cli(['up']);
      expect({ code, told: stderr.includes('identity.json is missing') }).toEqual({ code: 1, told: true });
      expect((await machine(box)).pid).toBe(pid);
      await box.ok(['down']);
      expect(await machine(box)).toMatchObject({ state: 'stopped', pid: null });
    });
  },
);
