/** Copies of a running machine: none sees what another writes, in memory or on disk, and each is itself. */
import { expect } from '@jest/globals';
import { asGuestRoot, inGuest, machine } from '../support/guest.ts';
import { scenario } from '../support/scenario.ts';
import { layersOf } from '../support/state.ts';

const FILE = `
name: forks
vms:
  dev:
    cpus: 2
    memory: 1GiB
    storage: 6GiB
    shares: [./work]
    ports: ['45280:80']
`;

const CHILDREN = Array.from({ length: 8 }, (_, n) => `dev-${n + 1}`);

/**
 * Writes pages of memory and a file over and over, each with a number that grows; what is read back at one moment must be of
 * one number, or of two that follow each other. The source writes all the time, its copies once in a second: eight that do as it
 * does leave nothing of the host for looking at them.
 */
const WRITER = `
cat >/tmp/writer.pl <<'END'
my $pages = 2048; my $all = chr(0) x ($pages * 4096);
open(my $disk, '+>', '/home/dev/counter') or die;
$| = 1;
for (my $n = 1; ; $n++) {
  substr($all, $_ * 4096, 8) = sprintf('%08d', $n) for 0 .. $pages - 1;
  seek($disk, 0, 0); printf $disk '%08d', $n; $disk->flush;
  open(my $who, '<', '/proc/sys/kernel/hostname'); select(undef, undef, undef, <$who> eq "dev\\n" ? 0.1 : 1);
  if (-e '/tmp/look') {
    my %seen; $seen{substr($all, $_ * 4096, 8)}++ for 0 .. $pages - 1;
    open(my $out, '>', '/tmp/seen.new'); print $out join(' ', sort keys %seen); close $out;
    rename '/tmp/seen.new', '/tmp/seen'; unlink '/tmp/look';
  }
}
END
cd /
setsid perl /tmp/writer.pl >/dev/null 2>&1 </dev/null &
`;

/** The numbers that the writer sees in its own memory now. */
const LOOK = `
rm -f /tmp/seen; touch /tmp/look
timeout 60 sh -c 'until [ -e /tmp/seen ]; do sleep 0.05; done'
cat /tmp/seen
`;

const WHO =
  'cat /proc/sys/kernel/hostname /etc/machine-id /sys/class/net/eth0/address; ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub';

scenario(
  'forks of a running machine',
  () => ({ files: { 'ai-vm.yaml': FILE }, ports: [45280, 45281, 45282] }),
  (obligation) => {
    obligation('are there in one command, eight at once, while the machine writes', async (box) => {
      await box.ok(['up']);
      await inGuest(box, WRITER);
      await inGuest(box, 'timeout 60 sh -c "until [ -s /home/dev/counter ]; do sleep 0.1; done"');
      const said = await box.ok(['fork', 'dev', '-n', '8']);
      expect(said).toMatch(/^dev stood still for .* of memory touched/mu);
      for (const vm of CHILDREN) expect(await machine(box, vm)).toMatchObject({ state: 'running' });
    });

    obligation('see one moment of memory and disk, and go on from there alone', async (box) => {
      const look = async (vm: string, then = ''): Promise<void> => {
        expect((await inGuest(box, `${LOOK}\n${then}`, vm)).trim().split(' ')).toEqual([
          expect.stringMatching(/^\d{8}$/u),
        ]);
      };
      await look('dev');
      // Everybody's writer goes on at its own pace from the same number: nobody sees another one's.
      for (const vm of CHILDREN) {
        // In one session: eight guests more leave little of the host for logins.
        const write = `pkill perl; echo ${vm} >/root/mine; tr '\\0' ${vm.at(-1)} </dev/zero | head -c 3000000 >/root/block; sync`;
        await look(vm, `sudo sh -c "${write}"`);
      }
      for (const vm of CHILDREN) {
        expect(await asGuestRoot(box, `cat /root/mine; tr -d '${vm.at(-1)}' </root/block | wc -c`, vm)).toBe(
          `${vm}\n0\n`,
        );
      }
      expect(await asGuestRoot(box, 'ls /root/mine 2>&1 | grep -c "No such"')).toBe('1\n');
      expect((await inGuest(box, LOOK)).trim()).toMatch(/^\d{8}$/u);
    });

    obligation('are each themselves, with ports of their own and no shares', async (box) => {
      const all = await Promise.all(['dev', ...CHILDREN.slice(0, 3)].map((vm) => asGuestRoot(box, WHO, vm)));
      const fields = all.map((text) => text.trim().split('\n'));
      for (const n of [0, 1, 2, 3]) expect(new Set(fields.map((lines) => lines[n])).size).toBe(fields.length);
      expect(await inGuest(box, 'grep -cE "virtiofs|9p" /proc/self/mounts || :', 'dev-1')).toBe('0\n');
      expect(await inGuest(box, 'grep -cE "virtiofs|9p" /proc/self/mounts')).toBe('1\n');
      const { machines } = JSON.parse(await box.ok(['ps', '--format', 'json'])) as {
        machines: { name: string; parent: string | null; ports: { host: number }[] }[];
      };
      const ports = machines.flatMap((one) => one.ports.map((port) => port.host));
      expect(new Set(ports).size).toBe(9);
      for (const one of machines) expect(one.parent).toBe(one.name === 'dev' ? null : 'dev');
    });

    obligation('are no business of `up`, and are deleted without a trace', async (box) => {
      expect(await box.ok(['up'])).toContain('Nothing to do');
      expect(await machine(box, 'dev-8')).toMatchObject({ state: 'running' });
      await box.ok(['rm', '--yes', ...CHILDREN.slice(1)]);
      expect(layersOf(box)).toHaveLength(1);
      await box.ok(['stop', 'dev-1']);
      await box.ok(['start', 'dev-1']);
      expect(await asGuestRoot(box, 'cat /root/mine; nproc', 'dev-1')).toBe('dev-1\n2\n');
      await box.ok(['rm', '--yes', 'dev-1']);
      expect(layersOf(box)).toEqual([]);
      expect((await inGuest(box, LOOK)).trim()).toMatch(/^\d{8}$/u);
    });

    obligation('do not come to be while a share is in use, and nothing has happened then', async (box) => {
      await inGuest(box, 'cd /mnt/host-rw/work; setsid sleep 300 >/dev/null 2>&1 </dev/null &');
      const { code, stderr } = await box.cli(['fork', 'dev']);
      expect(code).toBe(1);
      expect(stderr).toContain('/mnt/host-rw/work');
      expect(stderr).toContain('sleep');
      expect(await inGuest(box, 'pkill sleep; grep -c virtiofs /proc/self/mounts; echo x >/mnt/host-rw/work/x')).toBe(
        '1\n',
      );
      expect(await box.ok(['ps'])).not.toContain('dev-1');
    });
  },
);
