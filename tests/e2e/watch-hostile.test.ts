/** A guest that has the file of its own machine in a share, under a watch: what it writes there gets it nothing of the host. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { asGuestRoot, inGuest, machine, until } from '../support/guest.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';
import { machineDir, stateFile } from '../support/state.ts';
import { ordinaryUser } from '../support/user.ts';
import { Watching } from '../support/watching.ts';

const PORT = 28_291;
const SECRET = 'this-must-not-reach-the-guest';
const FILE = '/mnt/host-rw/project/ai-vm.yaml';

const file = (fields: string): string => `
name: hostile
vms:
  dev:
    cpus: 1
    memory: 768MiB
    storage: 6GiB
${fields}`;

const SHARED = "    shares: [., './extra:ro']\n";

/** What the guest writes, what the person on the host is told, and how one sees on the host or in the guest that it came to nothing. */
const ATTEMPTS = [
  {
    what: 'mount /etc of the host',
    fields: "    shares: [., './extra:ro', {path: /etc, mode: ro, allow_sensitive: true}]\n    labels: {n: '1'}\n",
    asks: 'dev wants to read /etc',
    proof: 'test ! -e /mnt/host-ro/etc',
  },
  {
    what: 'be reached from everywhere',
    fields: `${SHARED}    ports: ['0.0.0.0:${PORT}:8000']\n    labels: {n: '2'}\n`,
    asks: `be reached from other computers at 0.0.0.0:${PORT}`,
    proof: 'true',
  },
  {
    what: 'see a variable of the host',
    fields: `${SHARED}    env: {STOLEN: '\${AI_VM_TEST_SECRET}'}\n    labels: {n: '3'}\n`,
    asks: 'see the host variable AI_VM_TEST_SECRET',
    proof: 'test -z "${STOLEN:-}"',
  },
  {
    what: 'mount its own state',
    fields: "    shares: [., './extra:ro', {path: ../home, mode: rw}]\n    labels: {n: '4'}\n",
    asks: '/home',
    proof: 'test ! -e /mnt/host-rw/home',
  },
] as const;

let watch: Watching;

/** The guest rewrites the file that its own machine is declared in. */
const rewrite = (box: Sandbox, fields: string): Promise<string> =>
  asGuestRoot(box, `cat >${FILE} <<'END'\n${file(fields)}END\n`);

const applied = (box: Sandbox): string => JSON.stringify(stateFile(machineDir(box, 'dev'), 'applied.json'));

scenario(
  'a guest that edits its own file under a watch',
  async () => ({
    as: await ordinaryUser(),
    runtimeAtHome: true,
    files: { 'ai-vm.yaml': file(SHARED), 'extra/note': 'x' },
    ports: [PORT],
  }),
  (obligation) => {
    const env = { AI_VM_TEST_SECRET: SECRET };
    let pid: number | null = null;

    obligation('runs, and can write the file', async (box) => {
      watch = new Watching(box, env);
      await watch.after('did', () => undefined);
      ({ pid } = await machine(box));
      expect(await inGuest(box, `test -w ${FILE} && echo yes`)).toBe('yes\n');
    });

    for (const { what, fields, asks, proof } of ATTEMPTS) {
      obligation(`cannot ${what}, and the person on the host is told`, async (box) => {
        const { message } = await watch.after('held', () => rewrite(box, fields));
        expect(message).toContain('not allowed');
        // The rest of the same file applies: so it was not just overlooked.
        const [, n = ''] = /n: '(\d)'/.exec(fields) ?? [];
        await until('the label', () => Promise.resolve(applied(box).includes(`"n":"${n}"`) ? true : null));
        await inGuest(box, proof);
        expect(readFileSync('/proc/net/tcp', 'utf8')).not.toContain(`00000000:${PORT.toString(16).toUpperCase()}`);
        expect(applied(box)).not.toContain(SECRET);
        expect(await box.ok(['approve', '--list'], { env })).toContain(asks);
        expect(await machine(box)).toMatchObject({ state: 'running', pid });
      });
    }

    obligation('cannot be made from something else', async (box) => {
      await watch.after('broken', () => rewrite(box, `${SHARED}    image: {disk: /etc/passwd}\n`));
      expect(await machine(box)).toMatchObject({ state: 'running', pid });
    });

    obligation('loses a share at once that it takes out of the file', async (box) => {
      await watch.after('did', () => rewrite(box, '    shares: [.]\n'));
      await inGuest(box, 'test ! -e /mnt/host-ro/extra && test -e /mnt/host-rw/project');
      expect(await machine(box)).toMatchObject({ state: 'running', pid });
      expect(readFileSync(join(box.project, 'extra/note'), 'utf8')).toBe('x');
    });

    obligation('is watched to the end', async (box) => {
      await box.ok(['watch', '--stop']);
      expect((await watch.running.ended).code).toBe(0);
    });
  },
);
