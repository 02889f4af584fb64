/** A project that is watched: what is saved applies, what must not does not, and what died comes back. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { asGuestRoot, end, inGuest, machine, until } from '../support/guest.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';
import { machineDir, stateFile } from '../support/state.ts';
import { Watching } from '../support/watching.ts';

const PORT = 28_191;

const file = (fields: string, others = ''): string => `
name: watched
vms:
  dev:
    cpus: 1
    memory: 768MiB
    storage: 6GiB
    restart: on-failure
    shares: [./work]
${fields}${others}`;

let watching: Watching | undefined;

const watch = (): Watching => {
  if (watching === undefined) throw new Error('no watch was started');
  return watching;
};

const labels = (box: Sandbox): unknown => {
  const { config } = stateFile(machineDir(box, 'dev'), 'applied.json') as { config: { labels: unknown } };
  return config.labels;
};

const save = (box: Sandbox, fields: string): void => {
  // As most editors do.
  box.write('ai-vm.yaml.new', file(fields));
  renameSync(join(box.project, 'ai-vm.yaml.new'), join(box.project, 'ai-vm.yaml'));
};

const bootId = (box: Sandbox): Promise<string> => inGuest(box, 'cat /proc/sys/kernel/random/boot_id');

scenario(
  'a project that is watched',
  () => ({ files: { 'ai-vm.yaml': file('') }, ports: [PORT] }),
  (obligation) => {
    let pid: number | null = null;
    let boot = '';

    obligation('has its machine made, and only one watch', async (box) => {
      watching = new Watching(box);
      await watch().after('did', () => undefined);
      ({ pid } = await machine(box));
      expect(await machine(box)).toMatchObject({ state: 'running' });
      boot = await bootId(box);
      const second = await box.cli(['watch']);
      expect({ code: second.code, named: second.stderr.includes(String(watch().running.pid)) }).toEqual({
        code: 75,
        named: true,
      });
      const seen = JSON.parse(await box.ok(['ps', '--format', 'json'])) as { watch: { pid: number } | null };
      expect(seen.watch?.pid).toBe(watch().running.pid);
    });

    obligation('gets what is saved while it runs, without a reboot', async (box) => {
      await watch().after('did', () => save(box, `    labels: {step: one}\n    ports: ['${PORT}:8000']\n`));
      expect(labels(box)).toEqual({ step: 'one' });
      expect(readFileSync('/proc/net/tcp', 'utf8')).toContain(`0100007F:${PORT.toString(16).toUpperCase()}`);
      expect([(await machine(box)).pid, await bootId(box)]).toEqual([pid, boot]);
    });

    obligation('stays as it is while the file is not sound, empty or gone, and is told so once each', async (box) => {
      await watch().after('broken', () => box.write('ai-vm.yaml', 'vms: ['));
      const { length } = watch().of('broken');
      await watch().after('saw', () => box.write('ai-vm.yaml', 'vms: [\n'));
      await watch().after('broken', () => box.write('ai-vm.yaml', ''));
      await watch().after('broken', () => rmSync(join(box.project, 'ai-vm.yaml')));
      expect(watch().of('broken').length).toBeGreaterThan(length);
      expect([(await machine(box)).pid, await bootId(box)]).toEqual([pid, boot]);
      expect(watch().of('mended')).toEqual([]);
      await watch().after('mended', () => save(box, '    labels: {step: two}\n'));
      await until('the label', () => Promise.resolve(JSON.stringify(labels(box)).includes('two') ? true : null));
      expect((await machine(box)).pid).toBe(pid);
    });

    obligation('is given nothing that was not allowed, and all else of the same file', async (box) => {
      const greedy = `    labels: {step: three}\n    ports: ['0.0.0.0:${PORT}:8000']\n`;
      await watch().after('held', () => save(box, greedy));
      await until('the label', () => Promise.resolve(JSON.stringify(labels(box)).includes('three') ? true : null));
      const listening = (): boolean =>
        readFileSync('/proc/net/tcp', 'utf8').includes(`00000000:${PORT.toString(16).toUpperCase()}`);
      expect(listening()).toBe(false);
      await box.ok(['approve', '--yes']);
      await until('the port', () => Promise.resolve(listening() ? true : null));
      await box.ok(['approve', '--revoke']);
      await until('the port to go', () => Promise.resolve(listening() ? null : true));
      expect((await machine(box)).pid).toBe(pid);
    });

    obligation('is not restarted for what needs it, but told of it', async (box) => {
      const { message } = await watch().after('waits', () => save(box, '    nested: false\n'));
      expect(message).toContain('nested');
      expect((await machine(box)).pid).toBe(pid);
    });

    obligation('comes back when its QEMU is killed, with what was on its disk', async (box) => {
      await inGuest(box, 'echo kept >~/kept; sync');
      await watch().after('did', () => end(pid));
      const seen = await machine(box);
      expect(seen).toMatchObject({ state: 'running' });
      expect(seen.pid).not.toBe(pid);
      expect(await inGuest(box, 'cat ~/kept')).toBe('kept\n');
    });

    obligation('stays down when its guest shuts down, and when it is stopped on purpose', async (box) => {
      await watch().after('note', () => void asGuestRoot(box, 'systemctl poweroff').catch(() => undefined));
      expect(watch().of('note').at(-1)?.message).toContain('its guest has shut down');
      expect(await machine(box)).toMatchObject({ state: 'dead' });
      await box.ok(['up']);
      await box.ok(['stop']);
      const { length } = watch().of('planned');
      await watch().after('did', () => save(box, '    labels: {step: four}\n'));
      expect(watch().of('planned')).toHaveLength(length);
      expect(await machine(box)).toMatchObject({ state: 'stopped' });
    });

    obligation('is suspended when nobody uses it, and goes on where it was for somebody who does', async (box) => {
      await box.ok(['up']);
      const before = await bootId(box);
      // The connection that commands share would be one for half a minute.
      execFileSync('pkill', ['-f', String.raw`^ssh: .*\[mux\]`]);
      const told = (message: string) =>
        watch()
          .of('note')
          .some((note) => note.message?.includes(message));
      save(box, '    suspend_after: 10s\n');
      await until('the suspension', async () =>
        told('has been idle for 10s') && (await machine(box)).state === 'stopped' ? true : null,
      );
      expect(existsSync(join(machineDir(box, 'dev'), 'suspended'))).toBe(true);
      expect(await bootId(box)).toBe(before);
      expect(await machine(box)).toMatchObject({ state: 'running' });
      save(box, '');
      await box.ok(['stop']);
    });

    obligation('is stopped when it leaves the file, keeps its disk, and runs when it is back', async (box) => {
      await box.ok(['up']);
      box.write('ai-vm.yaml', file('').replace('dev:', 'other:').replace('restart: on-failure', 'profiles: [never]'));
      await until('the stop', async () => ((await machine(box)).state === 'stopped' ? true : null));
      save(box, '');
      await until('the start', async () => ((await machine(box)).state === 'starting' ? true : null));
    });

    obligation('runs on when the watch ends, even in the middle of its boot, and is waited for', async (box) => {
      const { pid: last } = await machine(box);
      await box.ok(['watch', '--stop']);
      expect((await watch().running.ended).code).toBe(0);
      expect(await inGuest(box, 'cat ~/kept')).toBe('kept\n');
      expect(await machine(box)).toMatchObject({ state: 'running', pid: last });
    });

    obligation('is watched in the background, which ends when it is told to', async (box) => {
      await box.ok(['watch', '--detach']);
      const { watch: seen } = JSON.parse(await box.ok(['ps', '--format', 'json'])) as { watch: { pid: number } };
      expect(seen.pid).toBeGreaterThan(1);
      save(box, '    labels: {step: five}\n');
      await until('the label', () => Promise.resolve(JSON.stringify(labels(box)).includes('five') ? true : null));
      expect(await box.ok(['watch', '--log'])).toContain('labels');
      await box.ok(['watch', '--stop']);
      expect(JSON.parse(await box.ok(['ps', '--format', 'json']))).toMatchObject({ watch: null });
    });
  },
);
