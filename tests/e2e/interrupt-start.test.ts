/** `up` that is cut off while QEMU starts. QEMU is a slow one, so that there is a while to cut in; no guest is waited for. */
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { begin, type Running } from '../support/cli.ts';
import { machine, until } from '../support/guest.ts';
import { processesOf } from '../support/leftovers.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';
import { pathWith } from '../support/stand-ins.ts';

const FILE = 'name: slow\nvms:\n  dev: {warm: false, cpus: 1, memory: 768MiB, storage: 8GiB, shares: ["./given:ro"]}\n';

/** The machine itself, not what is asked about QEMU before, takes this long to start. */
const SLOW = `for word in "$@"; do
  if [ "$word" = -uuid ]; then sleep 3; fi
done
exec /usr/bin/qemu-system-x86_64 "$@"`;

function up(box: Sandbox): Running {
  const PATH = pathWith(join(box.dir, 'slow'), { 'qemu-system-x86_64': SLOW });
  return begin(['up', '--no-wait'], { cwd: box.project, env: { ...box.env, PATH }, as: box.user });
}

const qemus = (box: Sandbox): string[] =>
  processesOf([box.dir]).flatMap(({ cmdline }) => (/qemu-system-x86_64 .*-uuid/u.test(cmdline) ? [cmdline] : []));

const starting = (box: Sandbox): Promise<true> =>
  until('a QEMU that starts', () => Promise.resolve(qemus(box).length > 0 ? true : null), 60_000);

scenario(
  'a start that is cut off',
  () => ({ files: { 'ai-vm.yaml': FILE, 'given/hello': 'from the host\n' } }),
  (obligation) => {
    obligation('leaves neither QEMU nor helpers after Ctrl-C', async (box) => {
      // So that the image is there, however long that takes.
      await box.ok(['build']);
      const first = up(box);
      await starting(box);
      first.kill('SIGINT');
      const { code, stderr } = await first.ended;
      expect(code).toBe(130);
      expect(stderr).toContain('start dev: interrupted');
      expect(box.leftovers()).toEqual([]);
      expect((await machine(box)).state).toBe('stopped');
    });

    obligation(
      'is not begun a second time while its start script is still at it, though ai-vm was killed',
      async (box) => {
        const first = up(box);
        await starting(box);
        first.kill('SIGKILL');
        expect((await first.ended).code).toBe(137);
        const second = up(box);
        await second.says(/waiting for process/u);
        expect((await second.ended).code).toBe(0);
        expect(qemus(box)).toHaveLength(1);
        expect((await machine(box)).pid).not.toBeNull();
        await box.ok(['down', '--timeout', '0']);
      },
    );
  },
);
