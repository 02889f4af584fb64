/** What is asked before it is done, and ports that change hands. QEMU is started, no guest is waited for. */
import { resolve } from 'node:path';
import { expect } from '@jest/globals';
import { execa } from 'execa';
import { machine } from '../support/guest.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { argumentsOf } from '../support/state.ts';
import { scenario } from '../support/scenario.ts';

const BUNDLE = resolve(import.meta.dirname, '../../dist/main.js');

const file = (vms: Readonly<Record<string, string>>): string =>
  `vms:\n${Object.entries(vms)
    .map(([vm, fields]) => `  ${vm}: {cpus: 1, memory: 768MiB, storage: 8GiB, warm: false${fields}}\n`)
    .join('')}`;

/** Through a pseudo terminal, with this key pressed at each question. */
async function answering(box: Sandbox, key: string, args: readonly string[]): Promise<{ code: number; said: string }> {
  const words = [process.execPath, BUNDLE, ...args].map((word) => `'${word}'`).join(' ');
  const child = execa('script', ['-qfec', `stty cols 200 rows 40; exec ${words}`, '/dev/null'], {
    cwd: box.project,
    env: {
      ...{ PATH: process.env['PATH'] ?? '', HOME: box.user.home, LANG: 'C.UTF-8', TERM: 'xterm-256color' },
      ...{ SHELL: '/bin/sh', NO_COLOR: '1', ...box.env },
    },
    extendEnv: false,
    reject: false,
    timeout: 120_000,
  });
  let said = '';
  let asked = 0;
  child.stdout.on('data', (bytes: Buffer) => {
    said += bytes.toString('utf8');
    // The choice stands below the question, so it listens by now.
    if (asked > 0 || !said.includes('Yes')) return;
    asked += 1;
    child.stdin.write(key);
  });
  const { exitCode } = await child;
  if (asked === 0) throw new Error(`nothing was asked\n${said}`);
  return { code: exitCode ?? -1, said };
}

scenario(
  'machines that run, and a file that goes on',
  () => ({
    files: { 'ai-vm.yaml': file({ a: ', nested: true, ports: ["48080:80"]', b: ', ports: ["48090:80"]' }) },
    ports: [48_080, 48_090],
  }),
  (obligation) => {
    const pid = async (box: Sandbox, vm: string): Promise<number | null> => (await machine(box, vm)).pid;

    obligation('start', async (box) => {
      await box.ok(['up', '--no-wait']);
      expect(await pid(box, 'a')).not.toBeNull();
    });

    obligation('are restarted for nobody who has not said yes', async (box) => {
      const before = await pid(box, 'a');
      box.write('ai-vm.yaml', file({ a: ', nested: false, ports: ["48080:80"]', b: ', ports: ["48090:80"]' }));
      expect(await box.ok(['plan', 'a'])).toContain('not now: it takes a restart (up --restart)\n  ! nested');
      // Without a terminal nobody is asked.
      expect(await box.ok(['up', '--no-wait'])).toContain('nested: true → false');
      const { code, said } = await answering(box, 'n', ['up', '--no-wait']);
      expect(said).toContain('a has to be RESTARTED for');
      expect(said).toContain('the CPU model is fixed at start');
      expect(code).toBe(0);
      // Ctrl-C is no answer.
      expect((await answering(box, '\u0003', ['up', '--no-wait'])).code).toBe(130);
      expect(await pid(box, 'a')).toBe(before);
    });

    obligation('are restarted for somebody who has', async (box) => {
      const [a, b] = [await pid(box, 'a'), await pid(box, 'b')];
      expect((await answering(box, 'y', ['up', '--no-wait'])).code).toBe(0);
      expect(await pid(box, 'a')).not.toBe(a);
      expect(await pid(box, 'b')).toBe(b);
      expect(await box.ok(['plan', 'a'])).not.toContain('nested');
      const [restarted, fields] = [await pid(box, 'a'), ', ports: ["48080:80"]'];
      box.write('ai-vm.yaml', file({ a: `, nested: true${fields}`, b: ', ports: ["48090:80"]' }));
      await box.ok(['up', '--no-wait', '--yes']);
      expect(await pid(box, 'a')).not.toBe(restarted);
      box.write('ai-vm.yaml', file({ a: `, nested: false${fields}`, b: ', ports: ["48090:80"]' }));
      await box.ok(['up', '--no-wait', '--restart']);
    });

    obligation('hand a port over, the one letting go before the other starts', async (box) => {
      await box.ok(['down', 'b', '--timeout', '0']);
      const a = await pid(box, 'a');
      box.write('ai-vm.yaml', file({ a: ', nested: false', b: ', ports: ["48080:80"]' }));
      expect(await box.ok(['plan'])).toMatch(/start b +after 1$/mu);
      await box.ok(['up', '--no-wait']);
      expect(await pid(box, 'a')).toBe(a);
      expect(argumentsOf((await pid(box, 'b')) ?? 0).join(' ')).toContain('127.0.0.1:48080-:80');
      expect(await box.ok(['ps'])).toMatch(/^a .*(?<!48080:80.*)$/mu);
      expect(await box.ok(['plan', 'a'])).not.toContain('48080');
    });

    obligation('are stopped when they left the file, once that is agreed to, and keep their disks', async (box) => {
      box.write('ai-vm.yaml', file({ b: ', ports: ["48080:80"]' }));
      const left = await pid(box, 'a');
      expect((await box.cli(['up', '--no-wait'])).stderr).toContain('a runs and is not in the file');
      expect((await box.cli(['up', '--no-wait', '--remove-orphans'])).code).toBe(64);
      const refused = await answering(box, 'n', ['up', '--no-wait', '--remove-orphans']);
      expect([refused.code, await pid(box, 'a')]).toEqual([0, left]);
      await box.ok(['up', '--no-wait', '--remove-orphans', '--yes']);
      expect(await machine(box, 'a')).toMatchObject({ pid: null, state: 'stopped' });
    });
  },
);
