/** A boot that is too slow, interrupted, killed or raced, then a file that breaks: one machine, which boots to its end only once. */
import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { execa } from 'execa';
import { begin, type Running } from '../support/cli.ts';
import { end, machine, until } from '../support/guest.ts';
import { processesOf } from '../support/leftovers.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';

const FILE = 'name: boot\nvms:\n  dev: {warm: false, cpus: 2, memory: 1GiB, storage: 8GiB, shares: ["./given:ro"]}\n';

/** Less than `up` gives a guest to boot. */
const HURRY_MS = 2 * 60_000;

const start = (box: Sandbox, args: readonly string[]): Running =>
  begin(args, { cwd: box.project, env: box.env, as: box.user });

/** QEMU's pid once it runs and `up` waits for its guest. */
const booting = (box: Sandbox, before = 0): Promise<number> =>
  until('a machine that boots', async () => {
    const { pid, state } = await machine(box);
    return state === 'starting' && pid !== before ? pid : null;
  });

/** A QEMU that is killed goes as silently as one that crashes: once is what QEMU of this version may do without KVM. */
async function crash(box: Sandbox, up: Running): Promise<number> {
  await up.says(/wait for dev/u);
  const pid = await booting(box);
  end(pid);
  await up.says(/QEMU of dev crashed while the guest was booting, as QEMU \S+ may without KVM; it boots once more/u);
  return booting(box, pid);
}

/** A zombie is gone: whoever inherited it has not looked yet. */
function gone(pid: number): boolean {
  try {
    return /\) [ZX] /u.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

/** Everything that runs on behalf of the machine: QEMU and its helpers. */
const machinery = (box: Sandbox): string[] => processesOf([box.dir]).map(({ cmdline }) => cmdline);

function disk(box: Sandbox): string {
  const projects = join(box.home, 'projects');
  return join(projects, readdirSync(projects)[0] ?? '', 'dev');
}

scenario(
  'a boot that does not go through, and a file that breaks once it has',
  () => ({ files: { 'ai-vm.yaml': FILE, 'given/hello': 'from the host\n' } }),
  (obligation) => {
    obligation(
      'ends after --timeout with the end of the console, and leaves the machine running as it says',
      async (box) => {
        const { code, stderr } = await box.cli(['up', '--timeout', '4']);
        expect(code).toBe(1);
        expect(stderr).toContain('dev did not become ready within 4.0 s');
        expect(stderr).toMatch(/The end of its console:|Its console is empty/u);
        expect(stderr).toContain('It is left running');
        expect(stderr).toContain('ai-vm logs dev');
        const { pid, state } = await machine(box);
        expect(state).toBe('starting');
        expect(gone(pid ?? 0)).toBe(false);
      },
    );

    obligation('goes on in the next up, where Ctrl-C stops the machine with all its helpers', async (box) => {
      const { pid } = await machine(box);
      const up = start(box, ['up']);
      await up.says(/wait for dev/u);
      up.kill('SIGINT');
      const { code, stderr } = await up.ended;
      expect(code).toBe(130);
      expect(stderr).toContain('wait for dev: interrupted');
      expect(stderr.match(/error:/gu)).toHaveLength(1);
      expect(gone(pid ?? 0)).toBe(true);
      expect(box.leftovers()).toEqual([]);
      expect((await machine(box)).state).toBe('stopped');
    });

    obligation('is over at a second Ctrl-C, whatever the first one is at', async (box) => {
      const up = start(box, ['up']);
      const pid = await booting(box);
      up.kill('SIGINT');
      up.kill('SIGINT');
      expect((await up.ended).code).toBe(130);
      // The next command sees the truth, and mends it.
      await box.ok(['down', '--timeout', '0']);
      expect(gone(pid)).toBe(true);
      expect(box.leftovers()).toEqual([]);
    });

    obligation(
      'is reported at once when QEMU is killed again, long before the time is over',
      async (box) => {
        const up = start(box, ['up']);
        end(await crash(box, up));
        const { code, stderr } = await up.ended;
        expect(code).toBe(1);
        expect(stderr).toContain('QEMU of dev ended while the guest was booting');
        expect(stderr).toContain('ai-vm logs dev --qemu');
        expect((await machine(box)).state).toBe('dead');
        expect(await box.ok(['ps'])).toContain('ai-vm up brings it back');
        await until('the end of its helpers', () => Promise.resolve(machinery(box).length === 0 ? true : null), 10_000);
      },
      HURRY_MS,
    );

    obligation('goes on after a crash of QEMU, and survives a kill -9 of ai-vm: the machine boots on', async (box) => {
      const up = start(box, ['up']);
      const pid = await crash(box, up);
      up.kill('SIGKILL');
      expect((await up.ended).code).toBe(137);
      expect(await machine(box)).toMatchObject({ pid, state: 'starting' });
    });

    obligation('is finished by one of two ups at once; the other waits, and finds nothing to do', async (box) => {
      const { pid } = await machine(box);
      const first = start(box, ['up']);
      await first.says(/wait for dev/u);
      const second = start(box, ['up']);
      await second.says(new RegExp(`waiting for process ${first.pid} \\(ai-vm up\\)`, 'u'));
      // The start script takes the same lock, and does not wait for it.
      const script = await execa('sh', [join(disk(box), 'start-dev.sh')], { reject: false });
      expect(script.exitCode).toBe(75);
      expect(script.stderr).toContain(`another command works on this project (${first.pid} ai-vm up`);
      const [one, two] = await Promise.all([first.ended, second.ended]);
      expect([one.code, two.code]).toEqual([0, 0]);
      expect(two.stdout).toContain('Nothing to do');
      expect(await machine(box)).toMatchObject({ pid, state: 'running' });
      expect(machinery(box).filter((cmdline) => cmdline.includes('-uuid'))).toHaveLength(1);
    });

    const inside = async (box: Sandbox): Promise<void> => {
      expect(await box.ok(['exec', 'dev', '--', 'cat', '/mnt/host-ro/given/hello'])).toBe('from the host\n');
    };

    obligation('keeps ps and exec at work when its file breaks, with a word about it, and up refuses', async (box) => {
      box.write('ai-vm.yaml', 'name: boot\nvms:\n  dev: {cpus: 2\n');
      const { code, stdout, stderr } = await box.cli(['ps']);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^dev +running/mu);
      expect(stderr).toMatch(/^warning: .*ai-vm\.yaml:4:1: .*going by what this host knows/u);
      await inside(box);
      expect((await box.cli(['up'])).code).toBe(65);
      expect((await box.cli(['restart'])).code).toBe(65);
      expect((await machine(box)).state).toBe('running');
    });

    obligation('does so too when the file is gone', async (box) => {
      renameSync(join(box.project, 'ai-vm.yaml'), join(box.dir, 'gone.yaml'));
      expect(await box.ok(['ps'])).toMatch(/^dev +running/mu);
      await inside(box);
      const { code, stderr } = await box.cli(['up']);
      expect(code).toBe(65);
      expect(stderr).toContain('no ai-vm.yaml');
    });

    obligation('says of a machine that left the file that it runs, and never touches it unasked', async (box) => {
      const { pid } = await machine(box);
      box.write('ai-vm.yaml', 'name: boot\nvms:\n  other: {cpus: 1, memory: 768MiB}\n');
      expect(await box.ok(['ps'])).toMatch(/^dev +running .*not in the file/mu);
      const plan = await box.cli(['up', '--dry-run']);
      expect(plan.stderr).toContain('dev runs and is not in the file: ai-vm down dev stops it');
      expect(plan.stdout).not.toContain('dev');
      const { code, stderr } = await box.cli(['up', 'dev']);
      expect(code).toBe(64);
      expect(stderr).toContain('dev is not in the file any more');
      expect(await machine(box)).toMatchObject({ pid, state: 'running' });
    });

    obligation('takes it down and removes it when asked by its name', async (box) => {
      await box.ok(['down', 'dev', '--timeout', '0']);
      expect((await machine(box)).state).toBe('stopped');
      expect(box.leftovers()).toEqual([]);
      const kept = disk(box);
      expect(readFileSync(join(kept, 'identity.json'), 'utf8')).toContain('uuid');
      await box.ok(['rm', 'dev', '--yes']);
      expect(existsSync(kept)).toBe(false);
      expect(await box.ok(['ps'])).not.toContain('dev');
    });
  },
);
