/** What forgets and what remembers: `overlay: true` beside an ordinary machine, over a restart and a reboot from inside. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { expect } from '@jest/globals';
import { asGuestRoot, inGuest, machine, until } from '../support/guest.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';

const GiB = 1024 ** 3;

const FILE = `
name: memory
defaults:
  memory: 768MiB
  cpus: 1
vms:
  forgets:
    overlay: true
    storage: 6GiB
    shares: [./results]
  remembers:
    storage: 6GiB
`;

const VMS = ['forgets', 'remembers'] as const;

/** Files that a boot could leave behind: in the system and in a home directory. */
const CHANGE = `
echo changed >/etc/ai-vm-change
echo changed >"$(getent passwd "$SUDO_USER" | cut -d: -f6)/change"
echo '# changed' >>/etc/bash.bashrc
sync
`;

/** What is left of `CHANGE`. */
const LOOK = `
ls /etc/ai-vm-change /home/*/change 2>/dev/null || :
grep -c '# changed' /etc/bash.bashrc || :
`;

const CLEAN = '0\n';

async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

interface Image {
  readonly path: string;
  readonly digest: string;
  readonly mtime: bigint;
}

/** The image that both machines use: the backing file of an ordinary machine's disk. */
async function imageOf(box: Sandbox): Promise<Image> {
  const images = box.env['AI_VM_IMAGES'] ?? '';
  const projects = join(box.home, 'projects');
  const [project] = readdirSync(projects);
  const header = readFileSync(join(projects, project ?? '', 'remembers', 'disk.qcow2')).subarray(0, 64 * 1024);
  const at = header.indexOf(images);
  const path = header.subarray(at, header.indexOf('.qcow2', at) + '.qcow2'.length).toString('utf8');
  return { path, digest: await digest(path), mtime: statSync(path, { bigint: true }).mtimeNs };
}

const bootId = (box: Sandbox, vm: string): Promise<string> =>
  box.ok(['exec', vm, '--', 'cat', '/proc/sys/kernel/random/boot_id']);

let image: Image | undefined;

scenario(
  'a machine that forgets',
  () => ({ files: { 'ai-vm.yaml': FILE } }),
  (obligation) => {
    obligation('comes up beside one that remembers, and both take changes', async (box) => {
      await box.ok(['up']);
      image = await imageOf(box);
      for (const vm of VMS) {
        expect(await asGuestRoot(box, LOOK, vm)).toBe(CLEAN);
        await asGuestRoot(box, CHANGE, vm);
        expect(await asGuestRoot(box, LOOK, vm)).toMatch(/ai-vm-change\n\/home\/.*\/change\n1\n$/u);
      }
    });

    obligation('has the declared storage for what it writes, thin on the host', async (box) => {
      const [, available] = (await inGuest(box, 'df --output=size,avail -B1 / | tail -n 1', 'forgets'))
        .trim()
        .split(/\s+/u);
      expect(Number(available)).toBeGreaterThan(5 * GiB);
      expect((await machine(box, 'forgets')).storage).toBe(6 * GiB);
      const dir = join(box.home, 'projects', readdirSync(join(box.home, 'projects'))[0] ?? '', 'forgets');
      const scratch = statSync(join(dir, 'scratch.img'));
      expect(scratch.size).toBe(6 * GiB);
      expect(scratch.blocks * 512).toBeLessThan(GiB);
      expect(existsSync(join(dir, 'disk.qcow2'))).toBe(false);
    });

    obligation('has forgotten after `restart`, and the other one has not', async (box) => {
      await box.ok(['restart']);
      expect(await asGuestRoot(box, LOOK, 'forgets')).toBe(CLEAN);
      expect(await asGuestRoot(box, LOOK, 'remembers')).toMatch(/ai-vm-change\n\/home\/.*\/change\n1\n$/u);
    });

    obligation(
      'has forgotten after a reboot from inside, comes back by itself, and keeps what is in a share',
      async (box) => {
        await asGuestRoot(box, CHANGE, 'forgets');
        await inGuest(box, 'echo result >/mnt/host-rw/results/kept', 'forgets');
        const before = new Map<string, string>();
        for (const vm of VMS) before.set(vm, `${(await machine(box, vm)).pid} ${await bootId(box, vm)}`);
        for (const vm of VMS) await box.cli(['exec', vm, '--', 'sudo', 'systemctl', 'reboot', '--no-block']);
        for (const vm of VMS) {
          const [pid, boot] = before.get(vm)?.split(' ') ?? [];
          await until(`${vm} is back`, async () => {
            const { code, stdout } = await box.cli(['exec', vm, '--', 'cat', '/proc/sys/kernel/random/boot_id']);
            return code === 0 && stdout !== boot ? true : null;
          });
          await until(`${vm} is ready`, async () => ((await machine(box, vm)).state === 'running' ? true : null));
          expect(String((await machine(box, vm)).pid)).toBe(pid);
        }
        expect(await asGuestRoot(box, LOOK, 'forgets')).toBe(CLEAN);
        expect(await asGuestRoot(box, LOOK, 'remembers')).toMatch(/ai-vm-change\n\/home\/.*\/change\n1\n$/u);
        expect(await inGuest(box, 'cat /mnt/host-rw/results/kept', 'forgets')).toBe('result\n');
        expect(readFileSync(join(box.project, 'results/kept'), 'utf8')).toBe('result\n');
      },
    );

    obligation('has changed not one byte of the image', async (box) => {
      await box.ok(['down']);
      expect(image?.path).toMatch(/root\.qcow2$/u);
      expect(await imageOf(box)).toEqual(image);
    });
  },
);
