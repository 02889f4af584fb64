/** 9p devices cannot be plugged in, and yet a machine that shares through 9p starts as a copy of a guest that has booted. */
import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { asGuestRoot, inGuest, machine, until } from '../support/guest.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';

const file = (shares: readonly string[]): string => `
name: warm-ninep
vms:
  dev:
    cpus: 1
    memory: 768MiB
    storage: 6GiB
    shares:
${shares.map((share) => `      - ${share}\n`).join('')}`;

const MIXED = file([
  '{path: ./out, driver: 9p}',
  '{path: ./reference, driver: 9p, mode: ro}',
  // Through virtiofs where the host has it.
  './more',
]);

const SIX = [0, 1, 2, 3, 4, 5];

/** The machine whose kernel runs in the guest was booted under this name. */
const bootedAs = async (box: Sandbox): Promise<string | undefined> =>
  /systemd\.hostname=(\S+)/u.exec(await inGuest(box, 'cat /proc/cmdline'))?.[1];

const ninepMounts = async (box: Sandbox): Promise<string[]> =>
  (await inGuest(box, "findmnt -rn -t 9p -o SOURCE,TARGET,OPTIONS | sed 's/,.*//' | sort")).trim().split('\n');

const MOUNTS = ['slot0 /mnt/host-rw/out rw', 'slot1 /mnt/host-ro/reference ro'];

/** Both ways through what may be written. */
async function expectWritable(box: Sandbox, word: string): Promise<void> {
  for (const share of ['out', 'more']) {
    box.write(`${share}/from-host`, `${word}\n`);
    expect(await inGuest(box, `cd /mnt/host-rw/${share}; cat from-host; echo ${word} >from-guest`)).toBe(`${word}\n`);
    expect(readFileSync(join(box.project, share, 'from-guest'), 'utf8')).toBe(`${word}\n`);
  }
}

/** Everything that root could try in `dir`, each of which must fail as on a read-only file system. */
const ATTACK = (dir: string): string => `
cd ${dir}
for attempt in 'echo x >new' 'mkdir dir' 'ln -s /etc/shadow link' 'mknod node b 8 0' 'chmod 700 .' 'chown 0:0 .' 'touch .' \\
  'echo x >>text' 'rm text' 'mv text other' 'chmod 700 text' 'ln text hard' 'setfattr -n user.x -v y .'; do
  case $attempt in *text*) [ -e text ] || continue ;; setfattr*) command -v setfattr >/dev/null || continue ;; esac
  if said=$(bash -c "$attempt" 2>&1); then echo "done: $attempt"; continue; fi
  case $said in *'Read-only file system'*) ;; *) echo "failed otherwise: $attempt: $said" ;; esac
done
cd /
`;

/** Not because of who owns it, nor because the guest has mounted it so: the host refuses. */
async function expectReadOnly(box: Sandbox): Promise<void> {
  const dir = join(box.project, 'reference');
  const seen = (): unknown => [readdirSync(dir), readFileSync(join(dir, 'text'), 'utf8'), statSync(dir).mode];
  const before = seen();
  const mounted = '/mnt/host-ro/reference';
  expect(await inGuest(box, `cat ${mounted}/text`)).toBe('of the host\n');
  expect(
    await asGuestRoot(box, `mount -o remount,rw ${mounted}; ${ATTACK(mounted)} mount -o remount,ro ${mounted}`),
  ).toBe('');
  expect(seen()).toEqual(before);
}

scenario(
  'a warm start with shares through 9p',
  () => ({ files: { 'ai-vm.yaml': MIXED, 'reference/text': 'of the host\n' } }),
  (obligation) => {
    obligation('is a copy of a guest that has booted, with its shares', async (box) => {
      for (const path of ['reference', 'reference/text']) chmodSync(join(box.project, path), 0o777);
      await box.ok(['up']);
      expect(await bootedAs(box)).toBe('template');
      expect(await inGuest(box, 'hostname')).toBe('dev\n');
      expect(await ninepMounts(box)).toEqual(MOUNTS);
      await expectWritable(box, 'copied');
      // What is proved below by silence speaks where it can.
      expect(await asGuestRoot(box, ATTACK('/mnt/host-rw/out'))).toMatch(/^done: echo x >new\ndone: mkdir dir\n/u);
    });

    obligation('cannot write to what is shared read-only, not even as root', expectReadOnly);

    obligation('finds nothing in places that are not used, and can leave nothing there', async (box) => {
      const tags = 'cat /sys/bus/virtio/drivers/9pnet_virtio/virtio*/mount_tag';
      const slots = (await asGuestRoot(box, tags)).split('\0').filter((tag) => tag !== '');
      expect(slots.sort()).toEqual(SIX.map((n) => `slot${n}`));
      for (const slot of slots.slice(2)) {
        const script = `
mkdir -p /media/${slot}
mount -t 9p -o rw,trans=virtio,version=9p2000.L ${slot} /media/${slot}
ls -A /media/${slot}
${ATTACK(`/media/${slot}`)}
umount /media/${slot}`;
        expect(await asGuestRoot(box, script)).toBe('');
      }
    });

    obligation('comes back with its shares from a reboot from inside', async (box) => {
      const { pid } = await machine(box);
      await box.cli(['exec', 'dev', '--', 'sudo', 'systemctl', 'reboot', '--no-block']);
      await until('it has booted', async () => ((await bootedAs(box)) === 'dev' ? true : null));
      await until('it is ready', async () => ((await machine(box)).state === 'running' ? true : null));
      expect((await machine(box)).pid).toBe(pid);
      expect(await ninepMounts(box)).toEqual(MOUNTS);
      await expectWritable(box, 'rebooted');
      await expectReadOnly(box);
    });

    obligation('has them after `restart` too, which boots', async (box) => {
      await box.ok(['restart']);
      expect(await bootedAs(box)).toBe('dev');
      expect(await ninepMounts(box)).toEqual(MOUNTS);
      await expectWritable(box, 'restarted');
      await expectReadOnly(box);
    });

    obligation('uses every place there is', async (box) => {
      await box.ok(['rm', '--yes']);
      box.write('ai-vm.yaml', file(SIX.map((n) => `{path: ./s${n}, driver: 9p}`)));
      await box.ok(['up']);
      expect(await bootedAs(box)).toBe('template');
      await inGuest(box, SIX.map((n) => `echo ${n} >/mnt/host-rw/s${n}/number\n`).join(''));
      for (const n of SIX) expect(readFileSync(join(box.project, `s${n}/number`), 'utf8')).toBe(`${n}\n`);
    });
  },
);
