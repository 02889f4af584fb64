/** The main scenario: one file, two machines, all that a machine is for, and its whole life. */
import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { asGuestRoot, inGuest, machine, until } from '../support/guest.ts';
import { askTcp, askUdp, freePorts, hostKeyOf } from '../support/network.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';
import { argumentsOf, machineDir, optionOf, stateFile } from '../support/state.ts';

const MiB = 2 ** 20;
const GiB = 2 ** 30;

const ports = { tcp: 0, udp: 0 };

interface Given {
  readonly memory: string;
  readonly storage: string;
  readonly nested?: boolean;
}

const file = ({ memory, storage, nested = true }: Given): string => `
name: main
vms:
  fs_1:
    cpus: 2
    memory: ${memory}
    storage: ${storage}
    nested: ${nested}
    audio: {driver: none}
    shares: [./work, './docs:ro']
    ports: ['${ports.tcp}:8080', '${ports.udp}:5353/udp']
    env: {GREETING: 'it''s "so" \\ #1 $$HOME'}
    labels: {team: core}
    provision:
      - echo "in $(pwd)"; echo once >>~/provisioned
    healthcheck: {test: 'echo >>/run/asked; test $(wc -l </run/asked) -ge 3', interval: 100ms, retries: 9}
  nine:
    cpus: 1
    memory: 768MiB
    storage: 6GiB
    shares:
      - {path: ./data, driver: 9p}
      - {path: ./docs, mode: ro, driver: 9p, target: /srv/docs}
`;

/** Machine, its writable share on both sides, and its read-only one. */
const SHARES = [
  { vm: 'fs_1', type: 'virtiofs', host: 'work', rw: '/mnt/host-rw/work', ro: '/mnt/host-ro/docs' },
  { vm: 'nine', type: '9p', host: 'data', rw: '/mnt/host-rw/data', ro: '/srv/docs' },
] as const;

const SERVERS = `
cat >/tmp/tcp.pl <<'END'
use IO::Socket::INET;
my $server = IO::Socket::INET->new(LocalPort => 8080, Listen => 5, ReuseAddr => 1) or die;
while (my $client = $server->accept) { my $line = <$client>; print $client uc $line; close $client }
END
cat >/tmp/udp.pl <<'END'
use IO::Socket::INET;
my $server = IO::Socket::INET->new(LocalPort => 5353, Proto => 'udp') or die;
while ($server->recv(my $text, 1500)) { $server->send(uc $text) }
END
for kind in tcp udp; do systemd-run --quiet --unit "echo-$kind" perl "/tmp/$kind.pl"; done
`;

interface Event {
  readonly type: string;
  readonly step?: { readonly kind: string; readonly vm: string };
}

const eventsOf = (stderr: string): Event[] =>
  stderr
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Event);

const pids = async (box: Sandbox): Promise<(number | null)[]> => [
  (await machine(box, 'fs_1')).pid,
  (await machine(box, 'nine')).pid,
];

scenario(
  'two machines declared in YAML',
  async () => {
    const [tcp = 0, udp = 0] = await freePorts(2);
    Object.assign(ports, { tcp, udp });
    const yaml = file({ memory: '768MiB', storage: '6GiB' });
    return { files: { 'ai-vm.yaml': yaml, 'docs/read.me': 'from the host\n' }, ports: [tcp, udp] };
  },
  (obligation) => {
    obligation('are booted by one `up`, side by side', async (box) => {
      const { code, stdout, stderr } = await box.cli(['up', '--progress', 'json']);
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toContain('ai-vm ssh fs_1');
      // Work on both is under way before any of it is done.
      const order = eventsOf(stderr).flatMap(({ type, step }) =>
        step && step.kind !== 'image' && type !== 'step-progress' ? [`${type} ${step.vm}`] : [],
      );
      const firstDone = order.findIndex((each) => each.startsWith('step-done'));
      expect(order.slice(0, firstDone).sort()).toEqual(['step-started fs_1', 'step-started nine']);
    });

    obligation('are what `ps` says, and QEMU’s arguments agree', async (box) => {
      const { version, machines } = JSON.parse(await box.ok(['ps', '--format', 'json'])) as {
        version: number;
        machines: { name: string; pid: number; ssh: { port: number } }[];
      };
      expect(version).toBe(1);
      const usual = { state: 'running', declared: true, image: 'debian', overlay: false, pending: [], problem: null };
      expect(machines).toMatchObject([
        { name: 'fs_1', ...usual, cpus: 2, memory: 768 * MiB, storage: 6 * GiB, labels: { team: 'core' } },
        { name: 'nine', ...usual, cpus: 1, memory: 768 * MiB, storage: 6 * GiB, labels: {} },
      ]);
      expect(machines[0]).toMatchObject({
        ports: [
          { bind: '127.0.0.1', host: ports.tcp, guest: 8080, protocol: 'tcp' },
          { bind: '127.0.0.1', host: ports.udp, guest: 5353, protocol: 'udp' },
        ],
      });
      expect(new Set(machines.map(({ ssh }) => ssh.port)).size).toBe(2);
      for (const { name, pid } of machines) {
        expect(optionOf(argumentsOf(pid), '-uuid')).toBe(stateFile(machineDir(box, name), 'identity.json')['uuid']);
      }
      const table = await box.ok(['ps']);
      for (const { name } of machines) expect(table).toMatch(new RegExp(`^${name} .*running`, 'mu'));
    });

    for (const { vm, type, host, rw, ro } of SHARES) {
      obligation(`${type}: files go both ways, and belong to one user on both sides`, async (box) => {
        const share = join(box.project, host);
        const owner = lstatSync(share).uid;
        expect(await inGuest(box, `findmnt -no FSTYPE ${rw}`, vm)).toBe(`${type}\n`);
        await inGuest(box, `umask 022; cd ${rw}; echo guest >made; mkdir dir; ln -s made link`, vm);
        for (const name of ['made', 'dir', 'link']) expect(lstatSync(join(share, name)).uid).toBe(owner);
        expect(readFileSync(join(share, 'made'), 'utf8')).toBe('guest\n');
        writeFileSync(join(share, 'made'), 'host\n');
        expect(await inGuest(box, `cd ${rw}; cat made; echo more >>made; stat -c %U made; id -un`, vm)).toBe(
          'host\ndev\ndev\n',
        );
        expect(readFileSync(join(share, 'made'), 'utf8')).toBe('host\nmore\n');
      });

      obligation(`${type}: root of the guest cannot write to a read-only share, remounted or not`, async (box) => {
        const tries = ['echo x >read.me', 'rm -f read.me', 'touch new', 'mkdir dir', 'mv read.me moved', 'chmod 777 .'];
        const all = tries.map((each) => `if (${each}) 2>/dev/null; then echo 'did: ${each}'; fi`).join('\n');
        const said = await asGuestRoot(
          box,
          `cd ${ro}; cat read.me\n${all}\nmount -o remount,rw ${ro} || :; cd /; cd ${ro}\n${all}\nid -u`,
          vm,
        );
        expect(said).toBe('from the host\n0\n');
        expect(readdirSync(join(box.project, 'docs'))).toEqual(['read.me']);
        expect(readFileSync(join(box.project, 'docs/read.me'), 'utf8')).toBe('from the host\n');
        expect(lstatSync(join(box.project, 'docs')).mode & 0o777).toBe(0o755);
      });
    }

    obligation('serve through forwarded TCP and UDP ports', async (box) => {
      await asGuestRoot(box, SERVERS, 'fs_1');
      expect(await until('the TCP server', async () => (await askTcp(ports.tcp, 'hello')) || null, 60_000)).toBe(
        'HELLO\n',
      );
      expect(await until('the UDP server', () => askUdp(ports.udp, 'hello'), 60_000)).toBe('HELLO');
    });

    obligation('have a name, a number and a host key of their own', async (box) => {
      for (const [vm, hostname] of Object.entries({ fs_1: 'fs-1', nine: 'nine' })) {
        const dir = machineDir(box, vm);
        const { machineId, hostKey } = stateFile(dir, 'identity.json');
        expect(await inGuest(box, 'cat /etc/machine-id; hostname; getent hosts "$(hostname)" >/dev/null', vm)).toBe(
          `${String(machineId)}\n${hostname}\n`,
        );
        const shown = await hostKeyOf(Number(stateFile(dir, 'applied.json')['sshPort']));
        expect(readFileSync(join(dir, 'known_hosts'), 'utf8').trim().split(' ').slice(1)).toEqual([
          'ssh-ed25519',
          shown,
        ]);
        expect(String(hostKey)).toContain(shown);
      }
    });

    obligation('let their user do everything, and nobody in with a password', async (box) => {
      expect(await inGuest(box, 'sudo -n id -u; id -nG', 'nine')).toBe('0\ndev sudo audio\n');
      const shadow = await asGuestRoot(box, 'cut -d: -f2 /etc/shadow | sort -u; sshd -T | grep ^passwordauth', 'nine');
      expect(shadow).not.toContain('$');
      expect(shadow).toContain('passwordauthentication no');
    });

    obligation('start no unit that fails', async (box) => {
      for (const { vm } of SHARES)
        expect(await asGuestRoot(box, 'systemctl --failed --no-legend --plain', vm)).toBe('');
    });

    obligation('were provisioned and found healthy before `up` returned', async (box) => {
      expect(await inGuest(box, 'cat ~/provisioned; wc -l </run/asked; printf %s "$GREETING"', 'fs_1')).toBe(
        `once\n3\nit's "so" \\ #1 $HOME`,
      );
      expect(await box.ok(['logs', 'fs_1', '--provision'])).toContain('\nin /mnt/host-rw/work\n');
    });

    obligation('get the arguments, input and exit code of `exec` as they are', async (box) => {
      const words = ['', ' ', "it's", '"q"', '$HOME', '`id`', '\\n', 'a\nb\n', '*', '-n', '--', 'ä €', '#', ';', '!!'];
      const out = await box.ok(['exec', 'nine', '--', 'printf', '%s\\0', ...words]);
      expect(out.split('\0').slice(0, -1)).toEqual(words);
      const input = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 31 + (index >> 8)) % 256);
      const seen = await box.ok(['exec', 'nine', '--', 'base64', '-w0'], { input });
      expect(seen).toBe(Buffer.from(input).toString('base64'));
      const { code, stdout, stderr } = await box.cli(['exec', 'nine', '--', 'sh', '-c', 'echo o; echo e >&2; exit 7']);
      expect({ code, stdout, stderr }).toEqual({ code: 7, stdout: 'o\n', stderr: 'e\n' });
    });

    obligation('show their console in `logs`', async (box) => {
      await asGuestRoot(box, 'echo marker-before-restart >/dev/console', 'fs_1');
      await until('the marker', async () => (await box.ok(['logs', 'fs_1'])).includes('marker-before-restart') || null);
      expect(await box.ok(['logs', 'nine'])).not.toContain('marker-before-restart');
      expect((await box.ok(['logs', 'fs_1', '-n', '1'])).trim().split('\n')).toHaveLength(1);
    });

    obligation('are left alone by a second `up`, which says so', async (box) => {
      const before = await pids(box);
      const { code, stdout, stderr } = await box.cli(['up', '--progress', 'json']);
      expect(code).toBe(0);
      expect(stdout).toContain('Nothing to do');
      expect(eventsOf(stderr).filter(({ type }) => type.startsWith('step-'))).toEqual([]);
      expect(await pids(box)).toEqual(before);
      expect((await box.cli(['plan', '--detailed-exitcode'])).code).toBe(0);
    });

    obligation('keep what a change of nested virtualization needs a restart for waiting', async (box) => {
      const before = await pids(box);
      box.write('ai-vm.yaml', file({ memory: '768MiB', storage: '6GiB', nested: false }));
      expect((await box.cli(['plan', '--detailed-exitcode'])).code).toBe(2);
      const stdout = await box.ok(['up']);
      expect(stdout).toMatch(/pending +nested: true/u);
      expect(stdout).not.toContain('Nothing to do');
      expect(await pids(box)).toEqual(before);
      expect(await machine(box, 'fs_1')).toMatchObject({ pending: [{ field: 'nested', class: 'reboot' }] });
    });

    obligation('are given it by `restart`, with a grown file system and everything that was on it', async (box) => {
      await inGuest(box, 'echo kept >~/kept; sync', 'fs_1');
      box.write('ai-vm.yaml', file({ memory: '896MiB', storage: '9GiB', nested: false }));
      const memory = 'awk "/MemTotal/ {print \\$2 * 1024}" /proc/meminfo';
      const before = Number(await inGuest(box, memory, 'fs_1'));
      const [, nine] = await pids(box);
      await box.ok(['restart', 'fs_1']);
      expect(await machine(box, 'fs_1')).toMatchObject({
        state: 'running',
        memory: 896 * MiB,
        storage: 9 * GiB,
        pending: [],
      });
      // The kernel takes some for its own tables of it.
      expect(Number(await inGuest(box, memory, 'fs_1')) - before).toBeGreaterThan(120 * MiB);
      const size = async (): Promise<number> =>
        Number(await inGuest(box, 'df -B1 --output=size / | tail -n 1', 'fs_1'));
      await until('the grown file system', async () => (await size()) > 8.5 * GiB || null);
      expect(await inGuest(box, 'cat ~/kept ~/provisioned', 'fs_1')).toBe('kept\nonce\n');
      expect((await machine(box, 'nine')).pid).toBe(nine);
      expect(await box.ok(['logs', 'fs_1'])).toContain('marker-before-restart');
    });

    obligation('are stopped one by one, marked so, and started again', async (box) => {
      const dir = machineDir(box, 'nine');
      await inGuest(box, 'echo kept >~/kept', 'nine');
      const [fs, nine] = await pids(box);
      await box.ok(['stop', 'nine']);
      expect(argumentsOf(nine ?? 0)).toEqual([]);
      expect(stateFile(dir, 'applied.json')).toMatchObject({ stopped: true });
      expect(await machine(box, 'nine')).toMatchObject({ state: 'stopped', pid: null });
      expect(await machine(box, 'fs_1')).toMatchObject({ state: 'running', pid: fs });
      const { code, stderr } = await box.cli(['exec', 'nine', '--', 'true']);
      expect(code).toBe(1);
      expect(stderr).toContain('nine is stopped');
      await box.ok(['start', 'nine']);
      expect(stateFile(dir, 'applied.json')).toMatchObject({ stopped: false });
      expect(await inGuest(box, 'cat ~/kept', 'nine')).toBe('kept\n');
    });

    obligation('free ports and runtime files on `down`, and keep their disks', async (box) => {
      await box.ok(['down']);
      expect(box.leftovers([ports.tcp, ports.udp])).toEqual([]);
      for (const { vm } of SHARES) {
        expect(await machine(box, vm)).toMatchObject({ state: 'stopped' });
        expect(lstatSync(join(machineDir(box, vm), 'disk.qcow2')).isFile()).toBe(true);
      }
    });

    obligation('are deleted by `rm` alone, and their shares are not', async (box) => {
      const dirs = SHARES.map(({ vm }) => machineDir(box, vm));
      const { code } = await box.cli(['rm']);
      expect(code).toBe(64);
      expect(dirs.map((dir) => existsSync(join(dir, 'disk.qcow2')))).toEqual([true, true]);
      await box.ok(['rm', '--yes']);
      expect(dirs.map((dir) => existsSync(dir))).toEqual([false, false]);
      for (const { vm } of SHARES) expect(await machine(box, vm)).toMatchObject({ state: 'absent' });
      expect(readFileSync(join(box.project, 'work/made'), 'utf8')).toBe('host\nmore\n');
    });
  },
);
