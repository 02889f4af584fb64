/** A machine that runs is changed by its file, in both directions, and its guest never boots for it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { begin } from '../support/cli.ts';
import { addDebs } from '../support/debs.ts';
import { asGuestRoot, end, inGuest, machine, until } from '../support/guest.ts';
import { askTcp, freePorts, hostKeyOf } from '../support/network.ts';
import { command, hmp, runtimeOf } from '../support/monitor.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';
import { argumentsOf, machineDir, stateFile } from '../support/state.ts';

const GiB = 1024 ** 3;
const MiB = 1024 ** 2;

const ports = { first: 0, second: 0, ssh: 0, taken: 0 };

/** As it begins. */
const BEGIN = `
name: live
vms:
  dev:
    cpus: 1
    memory: 1GiB
    storage: 5GiB
    shares: [./work, {path: ./docs, mode: ro}]
`;

const more = (): string => `
name: live
vms:
  dev:
    cpus: 3
    memory: 1536MiB
    storage: 7GiB
    users: [dev, ann]
    env: {COLOUR: 'it''s "red"'}
    labels: {team: core}
    ssh: {port: ${ports.ssh}}
    shares: [{path: ./work, target: /docs}, ./more]
    ports: ['${ports.first}:8080', '${ports.second}:8081']
    provision: ['echo once >>~/provisioned']
    healthcheck: {test: 'test -e /home/dev/provisioned'}
`;

const SERVER = `
cat >/tmp/serve.pl <<'END'
use IO::Socket::INET;
my $server = IO::Socket::INET->new(LocalPort => $ARGV[0], Listen => 5, ReuseAddr => 1) or die;
while (my $client = $server->accept) { my $line = <$client>; print $client "$ARGV[0] $line"; close $client }
END
for port in 8080 8081; do systemd-run --quiet --unit "serve-$port" perl /tmp/serve.pl $port; done
`;

/** Its packages come from a share. */
const SOURCES = "echo 'deb [trusted=yes] file:/mnt/host-ro/docs ./' >/etc/apt/sources.list; rm -rf /var/lib/apt/lists";

const withPackages = (list: string): string => `${BEGIN.replace('5GiB', '7GiB')}    packages: [${list}]\n`;

const record = (box: Sandbox): Record<string, unknown> => stateFile(machineDir(box, 'dev'), 'applied.json');

const bootId = async (box: Sandbox): Promise<string> => inGuest(box, 'cat /proc/sys/kernel/random/boot_id');

const mounts = async (box: Sandbox): Promise<string> =>
  inGuest(box, "findmnt -rn -t virtiofs -o TARGET,OPTIONS | sed 's/,.*//' | sort");

interface Shown {
  readonly vms: readonly {
    readonly verdict: string;
    readonly changes: readonly { readonly field: string; readonly class: string; readonly drift?: true }[];
    readonly pending: readonly { readonly field: string; readonly class: string; readonly reason: string }[];
  }[];
}

async function planOf(box: Sandbox): Promise<Shown['vms'][number]> {
  const { vms } = JSON.parse(await box.ok(['plan', '--format', 'json'])) as Shown;
  return vms[0]!;
}

async function isAsDeclared(box: Sandbox): Promise<void> {
  expect(await planOf(box)).toMatchObject({ verdict: 'none', changes: [], pending: [] });
}

/** Pids of the machine's servers of shares that live. */
const servers = (pid: number | null): number[] =>
  readFileSync(join(runtimeOf(pid ?? 0), 'helpers'), 'utf8')
    .split('\n')
    .map((line) => Number.parseInt(line, 10))
    .filter((pid) => argumentsOf(pid).some((word) => word.includes('virtiofsd')));

scenario(
  'a machine that runs and is changed',
  async () => {
    const [first = 0, second = 0, ssh = 0, taken = 0] = await freePorts(4);
    Object.assign(ports, { first, second, ssh, taken });
    const files = { 'ai-vm.yaml': BEGIN, 'docs/b': 'docs' };
    return { files, ports: [first, second, ssh] };
  },
  (obligation) => {
    let pid: number | null = null;
    let boot = '';

    obligation('is given all that its file gains, and loses what it loses', async (box) => {
      await box.ok(['up']);
      ({ pid } = await machine(box));
      boot = await bootId(box);
      await inGuest(box, 'printf work >/mnt/host-rw/work/a');
      await asGuestRoot(box, SERVER);
      box.write('ai-vm.yaml', more());
      const { verdict, changes } = await planOf(box);
      expect(verdict).toBe('change');
      expect(new Set(changes.map((change) => change.class))).toEqual(new Set(['live']));
      await box.ok(['up']);
      await isAsDeclared(box);
      expect(await machine(box)).toMatchObject({
        ...{ pid, cpus: 3, memory: 1536 * MiB, storage: 7 * GiB, labels: { team: 'core' }, pending: [] },
        ssh: { port: ports.ssh },
      });
    });

    obligation('has it in the eyes of its guest', async (box) => {
      expect(await bootId(box)).toBe(boot);
      expect(await inGuest(box, 'nproc; echo "$COLOUR"; cat ~/provisioned')).toBe('3\nit\'s "red"\nonce\n');
      expect(await mounts(box)).toBe('/docs rw\n/mnt/host-rw/more rw\n');
      await inGuest(box, 'cat /docs/a >/mnt/host-rw/more/c');
      expect(readFileSync(join(box.project, 'more/c'), 'utf8')).toBe('work');
      expect(await asGuestRoot(box, 'test -e /mnt/host-rw/work || echo gone; id -nG ann')).toMatch(/gone\nann.* sudo/u);
      const [memory, disk] = (
        await inGuest(box, "awk '/MemTotal/ {print $2 * 1024}' /proc/meminfo; df -B1 --output=size / | tail -n 1")
      ).split('\n');
      expect(Number(memory)).toBeGreaterThan(1300 * MiB);
      expect(Number(disk)).toBeGreaterThan(6.5 * GiB);
      expect(await askTcp(ports.first, 'hello')).toBe('8080 hello\n');
      expect(await askTcp(ports.second, 'hello')).toBe('8081 hello\n');
      expect(await box.ok(['exec', 'dev', '--user', 'ann', '--', 'id', '-un'])).toBe('ann\n');
      expect(await hostKeyOf(ports.ssh)).toMatch(/^AAAA/u);
    });

    obligation('swaps its ports, and goes back to what it was, but for a disk that has grown', async (box) => {
      const swapped = more().replace('8080', 'x').replace('8081', '8080').replace('x', '8081');
      box.write('ai-vm.yaml', swapped.replace('./more', "'./more:ro'"));
      await box.ok(['up']);
      expect(await mounts(box)).toBe('/docs rw\n/mnt/host-ro/more ro\n');
      expect(await askTcp(ports.first, 'hello')).toBe('8081 hello\n');
      box.write('ai-vm.yaml', BEGIN);
      await box.ok(['up']);
      const { changes, pending } = await planOf(box);
      expect(changes).toEqual([]);
      expect(pending).toMatchObject([{ field: 'storage', class: 'recreate' }]);
      expect(await machine(box)).toMatchObject({ pid, cpus: 1, memory: GiB });
      expect(await mounts(box)).toBe('/mnt/host-ro/docs ro\n/mnt/host-rw/work rw\n');
      expect(await inGuest(box, 'nproc; echo "[${COLOUR-}]"')).toBe('1\n[]\n');
      expect(await askTcp(ports.first, 'hello').catch(() => 'refused')).toBe('refused');
      expect((await box.cli(['exec', 'dev', '--user', 'ann', '--', 'true'])).code).not.toBe(0);
      expect(await bootId(box)).toBe(boot);
      // Nothing serves what is not shared any more.
      await until('servers of two shares', () => Promise.resolve(servers(pid).length === 2 || null));
    });

    obligation('says why a share cannot go, does all else, and lets it go as soon as it can', async (box) => {
      await asGuestRoot(
        box,
        'cd /mnt/host-rw/work && systemd-run --quiet --unit sits --working-directory="$PWD" sleep 999',
      );
      const storage = '    storage: 7GiB\n';
      box.write('ai-vm.yaml', `name: live\nvms:\n  dev:\n    cpus: 2\n    memory: 1GiB\n${storage}    shares: []\n`);
      const refused = await box.cli(['up']);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('could not unmount /mnt/host-rw/work');
      expect(refused.stderr).toMatch(/in use by sleep \(\d+\)/u);
      expect(await mounts(box)).toBe('/mnt/host-rw/work rw\n');
      expect(await inGuest(box, 'nproc; cat /mnt/host-rw/work/a')).toBe('2\nwork');
      expect((await planOf(box)).changes).toMatchObject([
        { field: 'shares /mnt/host-rw/work', reason: expect.stringContaining('in use by sleep') as unknown },
      ]);
      await asGuestRoot(box, 'systemctl stop sits');
      await box.ok(['up']);
      await isAsDeclared(box);
      expect(await mounts(box)).toBe('');
    });

    obligation('says who has a port that it cannot have', async (box) => {
      const { createServer } = await import('node:net');
      const server = createServer().listen(ports.taken, '127.0.0.1');
      const yaml = `name: live\nvms:\n  dev:\n    cpus: 2\n    memory: 1GiB\n    storage: 7GiB\n    ports: ['${ports.taken}:80']\n`;
      box.write('ai-vm.yaml', yaml);
      const refused = await box.cli(['up']);
      expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('host.port-taken') as unknown });
      await new Promise((resolve) => server.close(resolve));
      await box.ok(['up']);
      await isAsDeclared(box);
    });

    obligation('is mended where somebody has changed it behind our back', async (box) => {
      await command(pid ?? 0, [
        hmp(`hostfwd_remove net0 tcp:127.0.0.1:${ports.taken}`),
        hmp(`hostfwd_add net0 tcp:127.0.0.1:${ports.second}-:1`),
        ['qom-set', { path: '/machine/peripheral/memory1', property: 'requested-size', value: 0 }],
      ]);
      const { changes } = await planOf(box);
      expect(changes.map(({ field, drift }) => [field, drift])).toEqual(
        [
          ['memory', true],
          [`ports 127.0.0.1:${ports.taken}/tcp`, true],
          [`ports 127.0.0.1:${ports.second}/tcp`, true],
        ].sort(),
      );
      await box.ok(['up']);
      await isAsDeclared(box);
    });

    obligation('has its shares back when their server is killed', async (box) => {
      box.write('ai-vm.yaml', BEGIN.replace('5GiB', '7GiB'));
      await box.ok(['up']);
      for (const server of servers(pid)) end(server);
      await until('both servers gone', async () => (await planOf(box)).changes.length === 2 || null);
      await box.ok(['up']);
      await isAsDeclared(box);
      expect(await inGuest(box, 'cat /mnt/host-rw/work/a /mnt/host-ro/docs/b')).toBe('workdocs');
      writeFileSync(join(box.project, 'work/again'), 'again');
      expect(await inGuest(box, 'cat /mnt/host-rw/work/again')).toBe('again');
    });

    obligation(
      'installs what it can have of the packages that are new, and says why it cannot have the rest',
      async (box) => {
        await addDebs(join(box.project, 'docs'), [
          { name: 'ai-vm-one' },
          { name: 'ai-vm-slow', postinst: 'touch /run/slow; sleep 5' },
        ]);
        await asGuestRoot(box, SOURCES);
        const before = record(box);
        box.write('ai-vm.yaml', withPackages('ai-vm-none, ai-vm-one'));
        const refused = await box.cli(['up']);
        expect(refused.code).toBe(1);
        expect(refused.stderr).toContain('Unable to locate package ai-vm-none');
        expect(await inGuest(box, 'ai-vm-one')).toBe('ai-vm-one\n');
        expect((await planOf(box)).changes).toMatchObject([
          {
            field: 'packages ai-vm-none',
            class: 'live',
            reason: expect.stringContaining('Unable to locate') as unknown,
          },
        ]);
        box.write('ai-vm.yaml', withPackages('ai-vm-one'));
        await box.ok(['up']);
        await isAsDeclared(box);
        // No image was made for it, and nothing is left of what could not be had.
        expect(record(box)).toMatchObject({ image: before['image'], installed: ['ai-vm-one'] });
        expect(record(box)).not.toHaveProperty('begun');
        expect(await bootId(box)).toBe(boot);
      },
    );

    obligation(
      'takes back what somebody was killed over and nobody wants any more, and installs it again',
      async (box) => {
        box.write('ai-vm.yaml', withPackages('ai-vm-one, ai-vm-slow'));
        const cut = begin(['up'], { cwd: box.project, env: box.env, as: box.user });
        await until('the middle of it', async () => ((await inGuest(box, 'ls /run')).includes('slow') ? true : null));
        cut.kill('SIGKILL');
        await cut.ended;
        box.write('ai-vm.yaml', withPackages('ai-vm-one'));
        expect((await planOf(box)).changes).toMatchObject([{ field: 'packages ai-vm-slow', class: 'live' }]);
        await box.ok(['up']);
        await isAsDeclared(box);
        expect(await inGuest(box, 'ls /usr/bin/ai-vm-*; dpkg --audit')).toBe('/usr/bin/ai-vm-one\n');
        box.write('ai-vm.yaml', withPackages('ai-vm-one, ai-vm-slow'));
        await box.ok(['up']);
        await isAsDeclared(box);
        expect(await inGuest(box, 'ai-vm-slow')).toBe('ai-vm-slow\n');
        box.write('ai-vm.yaml', withPackages('ai-vm-slow'));
        expect(await planOf(box)).toMatchObject({
          verdict: 'none',
          pending: [{ field: 'packages ai-vm-one', class: 'recreate' }],
        });
      },
    );
  },
);

scenario(
  'a machine that was changed and whose guest boots by itself',
  async () => {
    const [first = 0, second = 0, ssh = 0] = await freePorts(3);
    Object.assign(ports, { first, second, ssh });
    return {
      files: { 'ai-vm.yaml': BEGIN, 'docs/b': 'docs' },
      ports: [first, second, ssh],
    };
  },
  (obligation) => {
    obligation('has what it was changed to, and not what it was first started with', async (box) => {
      await box.ok(['up']);
      box.write('ai-vm.yaml', more());
      await box.ok(['up']);
      const before = await bootId(box);
      await box.cli(['exec', 'dev', '--', 'sudo', 'systemctl', 'reboot']);
      await until('another boot', async () => ((await bootId(box)) !== before ? true : null));
      expect((await planOf(box)).verdict).toBe('finish');
      await box.ok(['up']);
      expect(await inGuest(box, 'nproc; echo "$COLOUR"; cat ~/provisioned')).toBe('3\nit\'s "red"\nonce\n');
      expect(await mounts(box)).toContain('/docs rw\n/mnt/host-rw/more rw\n');
      await isAsDeclared(box);
    });

    obligation(
      'has packages that came while it was stopped once it is up, and before it is provisioned',
      async (box) => {
        await addDebs(join(box.project, 'work'), [{ name: 'ai-vm-one' }]);
        await asGuestRoot(box, SOURCES.replace('/mnt/host-ro/docs', '/docs'));
        const before = record(box);
        await box.ok(['down']);
        const provision = "provision: ['echo once >>~/provisioned', 'ai-vm-one >>~/provisioned']";
        box.write('ai-vm.yaml', more().replace(/provision: .*/u, `${provision}\n    packages: [ai-vm-one]`));
        await box.ok(['up']);
        await isAsDeclared(box);
        expect(await inGuest(box, 'cat ~/provisioned')).toBe('once\nai-vm-one\n');
        expect(record(box)).toMatchObject({ image: before['image'], installed: ['ai-vm-one'] });
      },
    );
  },
);
