/** A machine that forgets and that started warm, rebooted from inside: it is clean, itself, and has what it declares. */
import { createConnection } from 'node:net';
import { once } from 'node:events';
import { expect } from '@jest/globals';
import { asGuestRoot, inGuest, machine, until } from '../support/guest.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';
import { machineDir, stateFile } from '../support/state.ts';

const FILE = `
name: reboot
vms:
  forgets:
    overlay: true
    cpus: 3
    memory: 3GiB
    storage: 6GiB
    shares: [./work, {path: ./docs, mode: ro}]
    ports: ['45590:22']
    users: [ann, bob]
    env: {COLOUR: red}
`;

/** What it is and has, in its own eyes; the sizes as whether they are as declared. */
const LOOK = `
hostname; cat /etc/machine-id /sys/class/net/eth0/address
cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub
nproc
free -m | awk '/^Mem:/ {print ($2 > 2700)}'
df -m / | awk 'END {print ($2 > 5500)}'
id -un ann bob; sudo -l -U bob | grep -c NOPASSWD
cat /mnt/host-ro/docs/page; findmnt -nt virtiofs,9p | wc -l
ls /etc/changed /home/ann/changed 2>/dev/null | wc -l
`;

const BOOT = 'cat /proc/sys/kernel/random/boot_id';

/** What answers at the forwarded port. */
async function banner(): Promise<string> {
  const socket = createConnection({ host: '127.0.0.1', port: 45590 });
  try {
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    return bytes.toString('utf8');
  } finally {
    socket.destroy();
  }
}

async function look(box: Sandbox): Promise<string[]> {
  return (await asGuestRoot(box, LOOK, 'forgets')).trim().split('\n');
}

scenario(
  'a warm machine that forgets and is rebooted from inside',
  () => ({ files: { 'ai-vm.yaml': FILE, 'docs/page': 'a page\n' }, ports: [45590] }),
  (obligation) => {
    let before: string[] = [];

    obligation('is what it declares when it has started warm', async (box) => {
      await box.ok(['build']);
      await box.ok(['up']);
      expect(await inGuest(box, 'cat /proc/cmdline', 'forgets')).toContain('systemd.hostname=template');
      before = await look(box);
      const { machineId, mac, hostKey } = stateFile(machineDir(box, 'forgets'), 'identity.json');
      const key = String(hostKey).split(' ').slice(0, 2).join(' ');
      expect(before).toEqual(
        ['forgets', machineId, mac, key, '3', '1', '1', 'ann', 'bob', '1', 'a page', '2', '0'].map(String),
      );
    });

    obligation('comes back twice, clean and the same', async (box) => {
      const { pid } = await machine(box, 'forgets');
      for (const time of [1, 2]) {
        await asGuestRoot(box, `echo ${time} >/etc/changed; echo ${time} >/home/ann/changed; sync`, 'forgets');
        await inGuest(box, `echo ${time} >/mnt/host-rw/work/kept`, 'forgets');
        const boot = await inGuest(box, BOOT, 'forgets');
        await box.cli(['exec', 'forgets', '--', 'sudo', 'systemctl', 'reboot', '--no-block']);
        await until('another boot', async () => ((await inGuest(box, BOOT, 'forgets')) === boot ? null : true));
        await until('it is ready', async () => ((await machine(box, 'forgets')).state === 'running' ? true : null));
        // Memory is plugged in by the guest, in its own time.
        await until('what it declares', async () => {
          expect(await look(box)).toEqual(before);
          return true;
        });
        expect(await inGuest(box, 'cat /mnt/host-rw/work/kept; echo $COLOUR', 'forgets')).toBe(`${time}\nred\n`);
        expect(await banner()).toMatch(/^SSH-2\.0-/u);
        expect((await machine(box, 'forgets')).pid).toBe(pid);
      }
      expect(await box.ok(['up'])).toContain('Nothing to do');
    });
  },
);
