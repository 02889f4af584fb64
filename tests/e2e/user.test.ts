/** The whole road as an ordinary user, and as root in that user's project, who is then nobody else than that user. */
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { asGuestRoot, inGuest, machine, uidsOf } from '../support/guest.ts';
import { processesOf } from '../support/leftovers.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';
import { ordinaryUser, self } from '../support/user.ts';

const PORT = 28122;

const FILE = `
name: ordinary
vms:
  dev:
    memory: 1GiB
    cpus: 1
    storage: 8GiB
    shares:
      - ./work
      - {path: ./classic, driver: 9p}
      - ./docs:ro
    ports: ['${PORT}:22']
`;

/** Everything below a directory, with who owns it. */
function* entries(dir: string): Generator<{ path: string; uid: number; mode: number }> {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    const { uid, mode } = lstatSync(path);
    yield { path, uid, mode };
    if (entry.isDirectory()) yield* entries(path);
  }
}

/** The first line that a server says. */
function banner(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setEncoding('utf8');
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('\n')) socket.destroy();
    });
  });
}

const foreign = (box: Sandbox): string[] =>
  [...entries(box.project), ...entries(box.home)].filter((e) => e.uid !== box.user.uid).map((e) => e.path);

scenario(
  'a machine of an ordinary user',
  async () => ({
    as: await ordinaryUser(),
    runtimeAtHome: true,
    files: { 'ai-vm.yaml': FILE, 'docs/read.me': 'from the host\n', 'work/input': 'in\n', 'classic/input': 'in\n' },
    ports: [PORT],
  }),
  (obligation) => {
    obligation('comes up', async (box) => {
      const out = await box.ok(['up']);
      expect(out).toContain('ai-vm ssh');
      expect(await machine(box)).toMatchObject({ state: 'running', problem: null });
    });

    obligation('runs nothing as root: neither QEMU nor a helper', async (box) => {
      const { pid } = await machine(box);
      const all = processesOf([box.dir]).map((each) => uidsOf(each.pid));
      expect(all.filter((each) => each?.name.startsWith('virtiofsd')).length).toBeGreaterThanOrEqual(2);
      for (const seen of all) expect(seen?.uids).not.toContain(0);
      expect(uidsOf(pid ?? 0)?.uids).toEqual(Array(4).fill(box.user.uid));
    });

    obligation('gives files made in the guest to the user, through both drivers', async (box) => {
      await inGuest(
        box,
        'for d in work classic; do umask 022; echo out >/mnt/host-rw/$d/made; mkdir /mnt/host-rw/$d/dir; done',
      );
      for (const share of ['work', 'classic']) {
        for (const name of ['made', 'dir']) {
          const { uid, gid } = lstatSync(join(box.project, share, name));
          expect({ share, name, uid, gid }).toEqual({ share, name, uid: box.user.uid, gid: box.user.gid });
        }
        expect(readFileSync(join(box.project, share, 'made'), 'utf8')).toBe('out\n');
      }
    });

    obligation('shows the user’s own files as the guest user’s own, to be read and written', async (box) => {
      const seen = await inGuest(
        box,
        'for d in work classic; do stat -c "%U %s" /mnt/host-rw/$d/input; echo more >>/mnt/host-rw/$d/input; done; id -un',
      );
      const [work, classic, name] = seen.trim().split('\n');
      expect([work, classic]).toEqual([`${name} 3`, `${name} 3`]);
      for (const share of ['work', 'classic']) {
        expect(readFileSync(join(box.project, share, 'input'), 'utf8')).toBe('in\nmore\n');
      }
    });

    obligation('keeps the read-only share as it is, whatever root of the guest does', async (box) => {
      const said = await asGuestRoot(
        box,
        'cat /mnt/host-ro/docs/read.me; mount -o remount,rw /mnt/host-ro/docs || :; echo changed >/mnt/host-ro/docs/read.me || echo refused; rm -f /mnt/host-ro/docs/read.me || echo refused; touch /mnt/host-ro/docs/new || echo refused',
      );
      expect(said).toBe('from the host\nrefused\nrefused\nrefused\n');
      expect(readFileSync(join(box.project, 'docs/read.me'), 'utf8')).toBe('from the host\n');
      expect(readdirSync(join(box.project, 'docs'))).toEqual(['read.me']);
    });

    obligation('is reached through a forwarded port, on the loopback alone', async (box) => {
      expect(await banner(PORT)).toMatch(/^SSH-2\.0-/u);
      const hex = PORT.toString(16).toUpperCase();
      const addresses = ['tcp', 'tcp6'].flatMap((table) =>
        readFileSync(`/proc/net/${table}`, 'utf8')
          .split('\n')
          .map((line) => line.trim().split(/\s+/u))
          .filter(([, local, , state]) => state === '0A' && local?.endsWith(`:${hex}`))
          .map(([, local]) => local),
      );
      expect(addresses).toEqual([`0100007F:${hex}`]);
      expect((await machine(box)).problem).toBeNull();
    });

    obligation('passes arguments, stdin and the exit code of `exec` through', async (box) => {
      const words = ['', ' ', "it's", '"q"', '$HOME', '`id`', 'a\nb', '*', '--', 'ä'];
      const out = await box.ok(['exec', 'dev', '--', 'printf', '%s\\0', ...words]);
      expect(out.split('\0').slice(0, -1)).toEqual(words);
      const { code, stdout } = await box.cli(['exec', 'dev', '--', 'sh', '-c', 'tr a-z A-Z; exit 7'], { input: 'abc' });
      expect({ code, stdout }).toEqual({ code: 7, stdout: 'ABC' });
    });

    obligation('is the same machine to root, who leaves nothing of root’s behind', async (box) => {
      const root = { as: self() };
      const before = await machine(box);
      const { machines } = JSON.parse(await box.ok(['ps', '--format', 'json'], root)) as { machines: unknown[] };
      expect(machines).toMatchObject([{ name: 'dev', state: 'running', pid: before.pid }]);
      await box.ok(['up'], root);
      expect(await box.ok(['exec', 'dev', '--', 'echo', 'in'], root)).toBe('in\n');
      expect((await machine(box)).pid).toBe(before.pid);
      expect(foreign(box)).toEqual([]);
    });

    obligation('keeps what root allows where the user finds it: in the user’s home', async (box) => {
      box.write('ai-vm.yaml', `${FILE}    env: {WHO: '\${ASKED_FOR}'}\n`);
      const data = join(box.user.home, '.local/share/ai-vms');
      const env = { ...{ AI_VM_HOME: '', XDG_DATA_HOME: '' }, ASKED_FOR: 'yes' };
      const known = new Set(existsSync(data) ? [...entries(data)].map((e) => e.path) : []);
      try {
        await box.ok(['approve', '--yes'], { as: self(), env });
        const made = [...entries(data)].filter((e) => !known.has(e.path));
        expect(made.some((e) => e.path.startsWith(join(data, 'approvals')))).toBe(true);
        expect(made.filter((e) => e.uid !== box.user.uid)).toEqual([]);
        expect(await box.ok(['approve', '--list'], { env })).not.toContain('Not allowed yet');
      } finally {
        for (const { path } of [...entries(data)].filter((e) => !known.has(e.path))) {
          rmSync(path, { recursive: true, force: true });
        }
        box.write('ai-vm.yaml', FILE);
      }
    });

    obligation('is stopped by root for the user, and removed by the user, whose shares stay', async (box) => {
      await box.ok(['down'], { as: self() });
      expect(await machine(box)).toMatchObject({ state: 'stopped', pid: null });
      expect(foreign(box)).toEqual([]);
      await box.ok(['rm', '--yes']);
      expect(await machine(box)).toMatchObject({ state: 'absent' });
      // Of the machine, not of its image, which was built in here where nobody had done so before.
      const left = [...entries(box.home)].map((e) => e.path).filter((path) => /qcow2|id_ed25519|\.log$/u.test(path));
      const cache = join(box.home, 'cache/');
      expect(left.filter((path) => !path.startsWith(cache))).toEqual([]);
      expect(statSync(join(box.project, 'work/made')).isFile()).toBe(true);
    });
  },
);
