/** Two projects of one name, with machines of the same names, side by side: nothing of theirs meets. */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect } from '@jest/globals';
import { inGuest, until } from '../support/guest.ts';
import { freePorts, hostKeyOf, occupy } from '../support/network.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';
import { argumentsOf, optionOf, stateFile } from '../support/state.ts';

/** @alone Which port is the next free one is looked at. */
const FILE = `
name: same
defaults: {cpus: 1, memory: 512MiB, storage: 6GiB}
vms:
  one: {shares: [./data]}
  two: {}
`;

/** Where SSH is looked for when the file says nothing. */
const DEFAULT_PORT = 2222;

interface Seen {
  readonly name: string;
  readonly state: string;
  readonly pid: number;
  readonly ssh: { readonly port: number } | null;
}

/** Path of the second project within the first: a project's directory is where its file is. */
const SECOND = 'other/project';
const PROJECTS = ['', SECOND];

const inside = (box: Sandbox, project: string): { cwd: string } => ({ cwd: join(box.project, project) });

async function seen(box: Sandbox, project: string): Promise<Seen[]> {
  const { machines } = JSON.parse(await box.ok(['ps', '--format', 'json'], inside(box, project))) as {
    machines: Seen[];
  };
  return machines;
}

/** Host ports that two machines of the first project swap. */
const swapped: number[] = [];

const all = async (box: Sandbox): Promise<Seen[]> => (await Promise.all(PROJECTS.map((p) => seen(box, p)))).flat();

const sshPorts = async (box: Sandbox): Promise<(number | undefined)[]> => (await all(box)).map(({ ssh }) => ssh?.port);

scenario(
  'two projects of one name',
  async () => {
    swapped.push(...(await freePorts(2)));
    return { files: { 'ai-vm.yaml': FILE, [`${SECOND}/ai-vm.yaml`]: FILE }, ports: swapped };
  },
  (obligation) => {
    let ports: (number | undefined)[] = [];
    let release: (() => Promise<void>) | null = null;

    obligation('start two machines each, past the port that is taken, and say where', async (box) => {
      // Whoever else may have it: it is not free.
      release = await occupy(DEFAULT_PORT);
      for (const project of PROJECTS) {
        const out = await box.ok(['up', '--no-wait'], inside(box, project));
        expect(out.match(/port 2222 was taken: SSH is on \d+/gu)).toHaveLength(2);
      }
      ports = await sshPorts(box);
      expect(new Set(ports).size).toBe(4);
      for (const port of ports) expect(port).toBeGreaterThan(DEFAULT_PORT);
    });

    obligation('share no process, disk, socket, number or key', async (box) => {
      const machines = await all(box);
      const argv = machines.map(({ pid }) => argumentsOf(pid));
      expect(new Set(machines.map(({ pid }) => pid)).size).toBe(4);
      expect(new Set(argv.map((each) => optionOf(each, '-uuid'))).size).toBe(4);
      const sockets = argv.flatMap((each) => each.flatMap((word) => /path=([^,]+\.sock)/u.exec(word)?.[1] ?? []));
      expect(new Set(sockets).size).toBe(sockets.length);
      expect(new Set(sockets.map(dirname)).size).toBe(4);
      const projects = readdirSync(join(box.home, 'projects'));
      expect(projects.map((name) => name.replace(/-[0-9a-f]{8}$/u, ''))).toEqual(['same', 'same']);
      const identities = projects.flatMap((project) =>
        ['one', 'two'].map((vm) => stateFile(join(box.home, 'projects', project, vm), 'identity.json')),
      );
      for (const field of ['uuid', 'machineId', 'mac', 'publicKey', 'hostKey']) {
        expect(new Set(identities.map((each) => each[field])).size).toBe(4);
      }
    });

    obligation('stop their own machines alone', async (box) => {
      for (const project of PROJECTS) {
        const before = await all(box);
        await box.ok(['stop', 'two', '--timeout', '0'], inside(box, project));
        const gone = (await all(box)).filter(({ pid }, index) => pid !== before[index]?.pid);
        expect(gone.map(({ name, state }) => `${name} ${state}`)).toEqual(['two stopped']);
      }
    });

    obligation('keep their ports over a restart, free though the usual one is now', async (box) => {
      await release?.();
      await box.ok(['restart', 'one', '--timeout', '0']);
      for (const project of [...PROJECTS].reverse()) await box.ok(['start', 'two', '--no-wait'], inside(box, project));
      expect(await sshPorts(box)).toEqual(ports);
      for (const project of PROJECTS) await box.ok(['stop', 'two', '--timeout', '0'], inside(box, project));
    });

    obligation('lead to their own guests, each with its own share', async (box) => {
      for (const [index, project] of PROJECTS.entries()) {
        await box.ok(['up', 'one'], inside(box, project));
        const file = `from-${index}`;
        const script = ['exec', 'one', '--', 'sh', '-c', `touch /mnt/host-rw/data/${file}; cat /etc/machine-id`];
        const machineId = (await box.ok(script, inside(box, project))).trim();
        const disk = argumentsOf((await seen(box, project))[0]?.pid ?? 0).find((word) =>
          /disk\.\d+\.qcow2/u.test(word),
        );
        const dir = dirname(/"([^"]+\/disk\.\d+\.qcow2)"/u.exec(disk ?? '')?.[1] ?? '');
        expect(stateFile(dir, 'identity.json')).toMatchObject({ machineId });
        expect(readdirSync(join(box.project, project, 'data'))).toEqual([file]);
        const key = await until('the host key', async () => (await hostKeyOf(ports[2 * index] ?? 0)) || null);
        expect(readFileSync(join(dir, 'known_hosts'), 'utf8')).toContain(key);
        expect(basename(dir)).toBe('one');
      }
    });

    obligation('swap their ports while both run: each leads to the other guest then', async (box) => {
      const [first = 0, second = 0] = swapped;
      const file = (one: number, two: number): string =>
        FILE.replace('[./data]', `[./data], ports: ['${one}:22']`).replace('two: {}', `two: {ports: ['${two}:22']}`);
      const boots = (): Promise<string[]> =>
        Promise.all(['one', 'two'].map((vm) => inGuest(box, 'cat /proc/sys/kernel/random/boot_id', vm)));
      const keys = (): Promise<string[]> => Promise.all([first, second].map(hostKeyOf));
      box.write('ai-vm.yaml', file(first, second));
      await box.ok(['up']);
      const [pids, booted, [one = '', two = '']] = [
        (await seen(box, '')).map(({ pid }) => pid),
        await boots(),
        await keys(),
      ];
      expect(one).not.toBe('');
      expect(two).not.toBe(one);
      expect(new Set(booted).size).toBe(2);
      box.write('ai-vm.yaml', file(second, first));
      expect(await box.ok(['plan'])).toMatch(/give up ports of one[^]*give up ports of two/u);
      await box.ok(['up']);
      expect(await keys()).toEqual([two, one]);
      expect((await seen(box, '')).map(({ pid }) => pid)).toEqual(pids);
      expect(await boots()).toEqual(booted);
      expect(JSON.parse(await box.ok(['plan', '--format', 'json']))).toMatchObject({ steps: [] });
    });

    obligation('are taken down one by one: what is left is the other one’s', async (box) => {
      await box.ok(['down'], inside(box, SECOND));
      expect((await seen(box, SECOND)).map(({ state }) => state)).toEqual(['stopped', 'stopped']);
      expect((await seen(box, ''))[0]).toMatchObject({ name: 'one', state: 'running' });
      expect(await inGuest(box, 'hostname', 'one')).toBe('one\n');
    });
  },
);
