/** Verbs that are for looking at a machine, reaching into it, and copying it: one machine, started warm. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { begin } from '../support/cli.ts';
import { asGuestRoot, inGuest, machine, until } from '../support/guest.ts';
import { parseOutput } from '../support/output.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';
import { argumentsOf, machineDir, stateFile } from '../support/state.ts';

const FILE = `
name: verbs
vms:
  dev:
    cpus: 2
    memory: 1GiB
    storage: 6GiB
    shares: [./work]
    ports: ['45330:80']
    healthcheck: {test: 'test -e /var/healthy', interval: 1s}
`;

/** What a verb prints as JSON, which must be as its schema says. */
const json = async (box: Sandbox, words: string[], schema = words[0] ?? ''): Promise<Record<string, unknown>> =>
  parseOutput(schema, await box.ok([...words, '--format', 'json'])) as Record<string, unknown>;

scenario(
  'verbs around a machine',
  () => ({ files: { 'ai-vm.yaml': FILE }, ports: [45330, 45331] }),
  (obligation) => {
    obligation('events: tell how it comes to be', async (box) => {
      const watching = begin(['events', '--format', 'json'], { cwd: box.project, as: box.user, env: box.env });
      await pause(1500);
      const waiting = box.ok(['wait', 'dev', '--timeout', '600']);
      await box.ok(['up', '--no-wait']);
      expect(await waiting).toBe('dev  ready\n');
      await until('the event', () => Promise.resolve(watching.printed().stdout.includes('"ready"') || null), 20_000);
      watching.kill('SIGINT');
      const { code, stdout } = await watching.ended;
      expect(code).toBe(0);
      const events = stdout
        .trim()
        .split('\n')
        .map((line) => parseOutput('events', line) as { action: string });
      expect(events.map(({ action }) => action)).toEqual(expect.arrayContaining(['created', 'started', 'ready']));
    });

    obligation('wait: for its health, which is not there before it is', async (box) => {
      expect((await box.cli(['wait', '--for', 'healthy', '--timeout', '2'])).code).toBe(1);
      await asGuestRoot(box, 'touch /var/healthy');
      expect(await box.ok(['wait', '--for', 'healthy', '--timeout', '120'])).toBe('dev  healthy\n');
      await box.ok(['up']);
    });

    obligation('print JSON as their schemas say', async (box) => {
      expect(await json(box, ['ls'])).toMatchObject({
        projects: [{ project: 'verbs', machines: [{ state: 'running' }] }],
      });
      expect(await json(box, ['images'])).toMatchObject({
        images: expect.arrayContaining([expect.objectContaining({ users: ['verbs/dev'] })]),
      });
      expect(await json(box, ['version'])).toMatchObject({ accelerator: { name: expect.stringMatching(/kvm|tcg/) } });
      expect(await json(box, ['port', 'dev', '80'])).toMatchObject({ ports: [{ bind: '127.0.0.1', host: 45330 }] });
      const { machines } = (await json(box, ['top', 'dev'])) as { machines: { processes: { command: string }[] }[] };
      expect(machines[0]!.processes.map(({ command }) => command).join('\n')).toContain('sshd');
      await json(box, ['prune', '--cache', '--dry-run'], 'prune');
      for (const verb of ['ps', 'plan', 'doctor', 'validate']) await json(box, [verb]);
      await json(box, ['approve', '--list'], 'approve');
      await json(box, ['snapshot', 'ls'], 'snapshot');
    });

    obligation('stats: what it uses of this host', async (box) => {
      const busy = box.cli(['exec', 'dev', '--', 'timeout', '8', 'sh', '-c', 'while :; do :; done']);
      await pause(2000);
      const sample = parseOutput(
        'stats',
        await box.ok(['stats', '--no-stream', '--interval', '2', '--format', 'json']),
      ) as {
        machines: { cpu: number; memory: number; disk: { read: number }; network: { received: number } | null }[];
      };
      const [dev] = sample.machines;
      expect(dev!.cpu).toBeGreaterThan(20);
      expect(dev!.memory).toBeGreaterThan(50 * 2 ** 20);
      expect(dev!.disk.read).toBeGreaterThan(0);
      expect(dev!.network?.received).toBeGreaterThan(0);
      expect(await box.ok(['stats', '--no-stream'])).toMatch(/dev +\d+\.\d %/);
      await busy;
    });

    obligation('ssh-config: plain ssh finds it', async (box) => {
      const file = join(box.dir, 'ssh.conf');
      writeFileSync(file, await box.ok(['ssh-config']));
      const { hosts } = (await json(box, ['ssh-config'])) as { hosts: { host: string }[] };
      const said = execFileSync('ssh', ['-F', file, hosts[0]!.host, 'hostname; id -un'], { encoding: 'utf8' });
      expect(said).toBe('dev\ndev\n');
    });

    obligation('cp: both ways, byte for byte, and through no planted link', async (box) => {
      const bytes = Uint8Array.from({ length: 300_000 }, (_, n) => (n * 31 + (n >> 8)) % 256);
      mkdirSync(join(box.project, 'tree/deep'), { recursive: true });
      writeFileSync(join(box.project, 'tree/deep/data'), bytes);
      writeFileSync(join(box.project, "tree/it's"), 'x');
      symlinkSync('deep/data', join(box.project, 'tree/link'));
      await box.ok(['cp', 'tree', 'dev:/tmp/']);
      expect(await inGuest(box, 'cd /tmp/tree; sha256sum <deep/data | cut -c1-8; readlink link; ls')).toMatch(
        /deep\/data\n/,
      );
      await box.ok(['cp', 'tree/deep/data', 'dev:renamed']);
      await box.ok(['cp', "dev:/tmp/tr*/*'s", 'dev:renamed', '.']);
      expect(readFileSync(join(box.project, "it's"), 'utf8')).toBe('x');
      expect(readFileSync(join(box.project, 'renamed'))).toEqual(Buffer.from(bytes));
      await box.ok(['cp', 'dev:/tmp/tree', 'back']);
      expect(readFileSync(join(box.project, 'back/deep/data'))).toEqual(Buffer.from(bytes));
      const missing = await box.cli(['cp', 'dev:/no/such', '.']);
      expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('dev has no /no/such') });

      writeFileSync(join(box.dir, 'outside'), 'mine');
      await inGuest(box, `cd /mnt/host-rw/work; ln -s ${join(box.dir, 'outside')} planted; ln -s ${box.dir} out`);
      expect(await box.cli(['cp', 'dev:renamed', 'work/planted'])).toMatchObject({ code: 1 });
      expect(readFileSync(join(box.dir, 'outside'), 'utf8')).toBe('mine');
      const led = await box.cli(['cp', 'work/out/outside', 'dev:stolen']);
      expect(led).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('is a symlink in a directory that a guest can write to'),
      });
    });

    obligation('pause and unpause: it stands still, says so, and goes on', async (box) => {
      expect(await box.ok(['pause', 'dev'])).toBe('dev  stands still\n');
      expect(await machine(box)).toMatchObject({ state: 'paused' });
      expect(await box.cli(['exec', 'dev', '--', 'true'])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('ai-vm unpause dev'),
      });
      expect(await box.ok(['unpause'])).toBe('dev  goes on\n');
      expect(await inGuest(box, 'echo on')).toBe('on\n');
    });

    obligation(
      'exec: without Node once it has run, with the same result, for as long as nothing changes',
      async (box) => {
        const bin = join(box.dir, 'only-ssh');
        mkdirSync(bin);
        symlinkSync(execFileSync('sh', ['-c', 'command -v ssh'], { encoding: 'utf8' }).trim(), join(bin, 'ssh'));
        const noNode = { installed: true, within: ['env', `PATH=${bin}`] };
        const isNodes = { code: 69, stderr: expect.stringContaining('node is not installed') };
        const odd = `it's "so" \\ *\n$HOME `;
        const words = [
          'exec',
          'dev',
          '--',
          'sh',
          '-c',
          'printf "%s|" "$@"; cat; pwd; env | grep ^LC; exit 7',
          'sh',
          odd,
          '',
        ];
        const input = 'typed\n';
        /** Both roads, one right after the other: what was seen of the machine is believed for some seconds. */
        const both = (): Promise<{ byNode: object; quick: object }> =>
          until('the recipe', async () => {
            const byNode = await box.cli(words, { installed: true, input });
            const quick = await box.cli(words, { ...noNode, input });
            return quick.code === 69 ? null : { byNode, quick };
          });
        const { byNode, quick } = await both();
        expect(byNode).toMatchObject({
          code: 7,
          stdout: expect.stringContaining(`${odd}||typed\n/mnt/host-rw/work\n`),
        });
        expect(quick).toEqual(byNode);

        box.write('ai-vm.yaml', `${FILE}# One more line.\n`);
        expect(await box.cli(words, noNode)).toMatchObject(isNodes);
        await both();
        expect(await box.cli(words, { ...noNode, env: { AI_VM_PROFILES: 'other' } })).toMatchObject(isNodes);
        expect(await box.cli(['exec', 'dev', '-u', 'dev', '--', 'true'], noNode)).toMatchObject(isNodes);

        await both();
        await box.ok(['pause', 'dev']);
        expect(await box.cli(words, noNode)).toMatchObject(isNodes);
        expect((await box.cli(words, { installed: true })).stderr).toContain('ai-vm unpause dev');
        await box.ok(['unpause', 'dev']);

        // A signal that is for this process alone ends both. What it printed to is open until the guest's program has ended, as with ssh.
        await both();
        for (const options of [noNode, { installed: false }]) {
          const sleeping = begin(['exec', 'dev', '--', 'sh', '-c', 'echo begun; exec sleep 20'], {
            ...{ cwd: box.project, as: box.user, env: box.env, ...options },
          });
          await until('the sleep', () => Promise.resolve(sleeping.printed().stdout.includes('begun') || null), 60_000);
          sleeping.kill('SIGTERM');
          expect((await sleeping.ended).code).toBe(255);
        }
      },
    );

    obligation('console: what the guest writes, and what is typed, until the escape key', async (box) => {
      await asGuestRoot(
        box,
        'stty -F /dev/ttyS0 raw; (head -c 6 /dev/ttyS0 >/run/typed; echo seen >/dev/ttyS0) >/dev/null 2>&1 &',
      );
      const args = [
        '-qfc',
        `${process.execPath} ${join(import.meta.dirname, '../../dist/main.js')} console dev`,
        '/dev/null',
      ];
      const terminal = spawn('script', args, {
        cwd: box.project,
        env: { ...process.env, ...box.env, TERM: 'xterm' },
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      let shown = '';
      terminal.stdout.on('data', (bytes: Buffer) => (shown += bytes.toString('utf8')));
      await until('the console', () => Promise.resolve(shown.includes('Ctrl-]') || null), 30_000);
      const second = await box.cli(['console', 'dev']);
      expect(second).toMatchObject({
        code: 75,
        stderr: expect.stringContaining('somebody has the console of dev already'),
      });
      terminal.stdin.write('hello\n');
      await until('an answer', () => Promise.resolve(shown.includes('seen') || null), 60_000);
      const ended = new Promise((resolve) => terminal.once('close', resolve));
      terminal.stdin.write('\u001d');
      expect(await ended).toBe(0);
      expect((await asGuestRoot(box, 'cat /run/typed')).replace('\r', '\n')).toBe('hello\n');
    });

    obligation(
      'exec and ssh: have the variables they are given, and an agent only when that is asked for',
      async (box) => {
        const odd = `it's "so" \\ #1 $HOME\nä`;
        const words = [
          'exec',
          'dev',
          '-e',
          `ODD=${odd}`,
          '-e',
          'OWN',
          '--',
          'sh',
          '-c',
          'printf %s "$ODD$OWN"; env | grep -c LC_AI_VM',
        ];
        expect(await box.cli(words, { env: { OWN: 'own' } })).toMatchObject({ stdout: `${odd}own0\n` });
        const agent = { within: ['ssh-agent'] };
        expect((await box.cli(['ssh', 'dev', '--', 'ssh-add', '-l'], agent)).code).toBe(2);
        // It answers, and has no keys.
        expect((await box.cli(['ssh', 'dev', '-A', '--', 'ssh-add', '-l'], agent)).code).toBe(1);
      },
    );

    obligation('kill: its power is cut, and that was meant', async (box) => {
      await inGuest(box, 'echo mine >~/kept; sync');
      expect((await box.cli(['clone', 'dev', 'try'])).stderr).toContain('ai-vm fork dev');
      const { pid } = await machine(box);
      const waiting = box.ok(['wait', 'dev', '--for', 'stopped', '--timeout', '60']);
      await box.ok(['kill', 'dev']);
      expect(await waiting).toBe('dev  stopped\n');
      expect(await machine(box)).toMatchObject({ state: 'stopped', pid: null });
      expect(argumentsOf(pid ?? 0)).toEqual([]);
      const [installed, byNode] = [
        await box.cli(['exec', 'dev', 'true'], { installed: true }),
        await box.cli(['exec', 'dev', 'true']),
      ];
      expect(installed).toMatchObject({ code: 1, stderr: expect.stringContaining('dev is stopped') });
      expect(installed).toEqual(byNode);
    });

    obligation('clone and rename: a copy of a stopped machine, itself, with what was on the disk', async (box) => {
      const dir = machineDir(box, 'dev');
      expect(await box.ok(['clone', 'dev', 'try'])).toContain('ai-vm start try');
      await box.ok(['rename', 'try', 'second']);
      await box.ok(['start', 'second']);
      const who =
        'cat /proc/sys/kernel/hostname /etc/machine-id ~/kept; cut -d" " -f2 /etc/ssh/ssh_host_ed25519_key.pub';
      const [name, id, kept, key] = (await inGuest(box, who, 'second')).trim().split('\n');
      expect({ name, kept }).toEqual({ name: 'second', kept: 'mine' });
      const [its, own] = [stateFile(dir, 'identity.json'), stateFile(machineDir(box, 'second'), 'identity.json')];
      expect(id).toBe(own['machineId']);
      expect(id).not.toBe(its['machineId']);
      expect(String(own['hostKey'])).toContain(key);
      expect(String(its['hostKey'])).not.toContain(key);
    });

    obligation('down -p and rm -p: from anywhere', async (box) => {
      const away = { cwd: '/' };
      expect(await box.ok(['ls', '-q'], away)).toBe('verbs\n');
      await box.ok(['down', '-p', 'verbs'], away);
      expect(await machine(box, 'second')).toMatchObject({ state: 'stopped' });
      await box.ok(['rm', '-p', 'verbs', '--yes'], away);
      expect(await box.ok(['ls'], away)).toBe('There are no machines on this host.\n');
    });
  },
);
