/** Machines that start from a template: whatever they declare they get, each is itself, and a bad template costs a boot. */
import { chmodSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { asGuestRoot, inGuest, machine } from '../support/guest.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';

const GiB = 1024 ** 3;

const FILE = `
name: warm
vms:
  large:
    cpus: 3
    memory: 3GiB
    storage: 9GiB
    shares: [./data, {path: ./docs, mode: ro}]
    ports: ['45180:80']
    users: [ann, bob]
    env: {COLOUR: 'it''s "red"'}
  small:
    cpus: 1
    memory: 2GiB
    storage: 3GiB
    ssh: {port: 45181}
`;

/** What a machine is, in its own eyes; one a line. */
const WHO = `
cat /proc/sys/kernel/hostname /etc/machine-id /sys/class/net/eth0/address
ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub | cut -d' ' -f2
head -c 32 /dev/urandom | sha256sum | cut -d' ' -f1
date +%s
cat /proc/sys/kernel/random/boot_id
`;

/** The lists of the system are a template's, and those of its image are kept. */
const CUT_OFF = `
mkdir -m 700 /etc/.ai-vm
for list in group gshadow shadow passwd; do cp -a /etc/$list /etc/.ai-vm/; done
useradd -u 7777 other
echo other >/etc/.ai-vm/made
sync
`;

interface Self {
  readonly name: string;
  readonly machineId: string;
  readonly mac: string;
  readonly hostKey: string;
  readonly random: string;
  /** By how many seconds its clock was wrong: neither before it was asked nor after it answered. */
  readonly wrong: number;
  readonly boot: string;
}

async function self(box: Sandbox, vm: string): Promise<Self> {
  const asked = Date.now() / 1000;
  const [name = '', machineId = '', mac = '', hostKey = '', random = '', seconds, boot = ''] = (
    await asGuestRoot(box, WHO, vm)
  ).split('\n');
  const wrong = Math.max(asked - Number(seconds), Number(seconds) - Date.now() / 1000, 0);
  return { name, machineId, mac, hostKey, random, wrong, boot };
}

const templates = (box: Sandbox): string => join(box.env['AI_VM_IMAGES'] ?? '', 'templates');

/** The directory of the template that a machine started from last. */
function lastUsed(box: Sandbox): string {
  const root = templates(box);
  const used = readdirSync(root)
    .filter((name) => /^[0-9a-f]{16}-[0-9a-f]{16}$/u.test(name))
    .map((name) => ({ dir: join(root, name), at: statSync(join(root, name, 'manifest.json')).mtimeMs }))
    .sort((a, b) => b.at - a.at);
  const [first] = used;
  if (first === undefined) throw new Error('there is no template');
  return first.dir;
}

/** What its kernel was told at boot: one that was restored has the command line of the template. */
const isWarm = async (box: Sandbox, vm: string): Promise<boolean> =>
  (await inGuest(box, 'cat /proc/cmdline', vm)).includes('systemd.hostname=template');

async function startAnew(box: Sandbox, vm: string, ...options: string[]): Promise<string> {
  await box.ok(['rm', '--yes', vm]);
  const { code, stderr } = await box.cli(['up', vm, '--progress', 'plain', ...options]);
  expect(code).toBe(0);
  return stderr;
}

scenario(
  'machines that start warm',
  () => ({ files: { 'ai-vm.yaml': FILE }, ports: [45180, 45181] }),
  (obligation) => {
    let boot = '';

    obligation('are there at once when a template is, with all that they declare', async (box) => {
      box.write('docs/page', 'a page\n');
      await box.ok(['build']);
      await box.ok(['up']);
      for (const vm of ['large', 'small']) expect(await isWarm(box, vm)).toBe(true);
      expect(await machine(box, 'large')).toMatchObject({
        state: 'running',
        cpus: 3,
        memory: 3 * GiB,
        storage: 9 * GiB,
      });
      const seen = await asGuestRoot(
        box,
        `nproc
free -b | awk '/^Mem:/ {print $2}'
df --output=size -B1 / | tail -n 1
cat /mnt/host-ro/docs/page
touch /mnt/host-ro/docs/x 2>&1 | grep -c 'Read-only'
id -un ann bob 2>&1; sudo -l -U bob | grep -c NOPASSWD
echo from-inside >/tmp/f; su ann -c 'cp /tmp/f /mnt/host-rw/data/f'`,
        'large',
      );
      const [cpus, memory, size, page, refused] = seen.split('\n');
      expect([cpus, page, refused]).toEqual(['3', 'a page', '1']);
      expect(Number(memory)).toBeGreaterThan(2.7 * GiB);
      expect(Number(size)).toBeGreaterThan(8 * GiB);
      expect(readFileSync(join(box.project, 'data/f'), 'utf8')).toBe('from-inside\n');
      expect(await box.ok(['exec', 'large', '--', 'sh', '-c', 'echo "$COLOUR"'])).toBe('it\'s "red"\n');
      expect(await inGuest(box, 'nproc; id -un', 'small')).toBe('1\ndev\n');
      expect(await box.ok(['up'])).toContain('Nothing to do');
    });

    obligation('are each themselves, and know what time it is', async (box) => {
      const [large, small] = [await self(box, 'large'), await self(box, 'small')];
      expect([large.name, small.name]).toEqual(['large', 'small']);
      for (const key of ['machineId', 'mac', 'hostKey', 'random'] as const) expect(large[key]).not.toBe(small[key]);
      for (const one of [large, small]) {
        expect(one.machineId).toMatch(/^[0-9a-f]{32}$/u);
        expect(one.wrong).toBeLessThan(15);
      }
      // What is the template's is shared, and nothing is secret about it.
      expect(large.boot).toBe(small.boot);
      boot = small.boot;
      expect(
        await asGuestRoot(
          box,
          'journalctl -q -b -n 1 --no-pager | wc -l; dmesg | grep -c "virtual machine fork"',
          'small',
        ),
      ).toBe('1\n1\n');
    });

    obligation(
      'have their own users alone, whoever the template was made for, and a system that goes on',
      async (box) => {
        const held = ['init.scope', 'system.slice/systemd-udevd.service', 'system.slice/systemd-journald.service'];
        const files = held.map((name) => `/sys/fs/cgroup/${name}/cgroup.freeze`).join(' ');
        const seen = (vm: string): Promise<string> =>
          asGuestRoot(
            box,
            `getent passwd ann bob dev | cut -d: -f1; cat ${files}; ls -d /etc/.ai-vm 2>/dev/null || :`,
            vm,
          );
        expect(await seen('large')).toBe('ann\nbob\n0\n0\n0\n');
        expect(await seen('small')).toBe('dev\n0\n0\n0\n');
      },
    );

    obligation('keep no secret of a machine in a template', (box) => {
      const memory = readFileSync(join(lastUsed(box), 'memory.bin'));
      // PEM of an OpenSSH private key, with its first bytes: there is a program that writes one, and no key.
      expect(memory.includes('-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjE')).toBe(false);
    });

    obligation('boot their own disk from then on, and are the same', async (box) => {
      const before = await self(box, 'small');
      await inGuest(box, 'echo kept >~/kept', 'small');
      // As when it had been cut off before it was told who it is, and the template had been another one's.
      await asGuestRoot(box, CUT_OFF, 'small');
      await box.ok(['stop', 'small']);
      await box.ok(['start', 'small']);
      expect(await isWarm(box, 'small')).toBe(false);
      const after = await self(box, 'small');
      expect(after).toMatchObject({
        name: before.name,
        machineId: before.machineId,
        mac: before.mac,
        hostKey: before.hostKey,
      });
      expect(after.boot).not.toBe(boot);
      expect(await inGuest(box, 'cat ~/kept; getent passwd dev other | cut -d: -f1', 'small')).toBe('kept\ndev\n');
    });

    obligation('boot when they are told to', async (box) => {
      await startAnew(box, 'small', '--cold');
      expect(await isWarm(box, 'small')).toBe(false);
      expect((await self(box, 'small')).boot).not.toBe(boot);
      box.write('ai-vm.yaml', FILE.replace('storage: 3GiB', 'storage: 3GiB\n    warm: false'));
      await startAnew(box, 'small');
      expect(await isWarm(box, 'small')).toBe(false);
      box.write('ai-vm.yaml', FILE);
    });

    obligation('boot when the template is damaged, say so in a line, and leave a sound one', async (box) => {
      for (const spoil of [
        (dir: string): void => truncateSync(join(dir, 'memory.bin'), statSync(join(dir, 'memory.bin')).size - 1),
        (dir: string): void => {
          const bytes = readFileSync(join(dir, 'memory.bin'));
          const at = Math.floor(bytes.length / 2);
          bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
          writeFileSync(join(dir, 'memory.bin'), bytes);
        },
        (dir: string): void => writeFileSync(join(dir, 'state'), 'x'.repeat(statSync(join(dir, 'state')).size)),
      ]) {
        const dir = lastUsed(box);
        for (const file of ['memory.bin', 'state']) chmodSync(join(dir, file), 0o600);
        spoil(dir);
        const stderr = await startAnew(box, 'small');
        expect(stderr.match(/small boots[:,][^\n]*/gu)).toHaveLength(1);
        // What was begun from the template has let go of it.
        expect((await machine(box, 'small')).ssh?.port).toBe(45181);
        expect(await inGuest(box, 'echo works', 'small')).toBe('works\n');
        await box.ok(['build', 'small']);
        await startAnew(box, 'small');
        expect(await isWarm(box, 'small')).toBe(true);
      }
    });
  },
);
