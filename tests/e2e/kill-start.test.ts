/** A template, and a start from one, killed in the middle: the next `up` gives the machine that was declared. */
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { asGuestRoot, until } from '../support/guest.ts';
import { atEachMoment, effectsOf, halvesIn, momentsOf, qemus } from '../support/kill.ts';
import { processesOf } from '../support/leftovers.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';
import { machineDir, stateFile } from '../support/state.ts';

const FILE = `
name: killed
vms:
  dev:
    cpus: 2
    memory: 1GiB
    storage: 5GiB
    shares: [./work]
    ports: ['45485:80']
`;

const imagesOf = (box: Sandbox): string => join(box.dir, 'images');

/** The machine is up, alone, has what it declares, and is who its files say. */
async function isItself(box: Sandbox): Promise<void> {
  expect(await box.ok(['up'])).toContain('Nothing to do');
  const { machineId, mac, hostKey } = stateFile(machineDir(box, 'dev'), 'identity.json');
  const seen = await asGuestRoot(
    box,
    `hostname; cat /etc/machine-id /sys/class/net/eth0/address /etc/ssh/ssh_host_ed25519_key.pub | cut -d' ' -f1,2
nproc; free -m | awk '/^Mem:/ {print ($2 > 880)}'; df -m / | awk 'END {print ($2 > 4500)}'
echo shared >/mnt/host-rw/work/there && cat /mnt/host-rw/work/there`,
  );
  const key = String(hostKey).split(' ').slice(0, 2).join(' ');
  expect(seen.trim().split('\n')).toEqual(['dev', machineId, mac, key, '2', '1', '1', 'shared']);
  expect(halvesIn(machineDir(box, 'dev'))).toEqual([]);
  expect(qemus(box)).toBe(1);
}

scenario(
  'starts that are killed in the middle',
  () => ({ files: { 'ai-vm.yaml': FILE }, ports: [45485] }),
  (obligation) => {
    let up: readonly string[] = [];

    obligation('are what was declared when nobody disturbs them', async (box) => {
      await box.ok(['build']);
      up = await effectsOf(box, ['up']);
      await isItself(box);
      await box.ok(['rm', '--yes']);
    });

    obligation('are made good by the next `up`, from a template', async (box) => {
      await atEachMoment(box, ['up'], momentsOf(up), async () => {
        await box.ok(['up']);
        await isItself(box);
        await box.ok(['rm', '--yes']);
        expect(qemus(box)).toBe(0);
      });
    });

    obligation('leave no half template, and nothing that runs', async (box) => {
      // The image alone, so that there is no template of it.
      await box.ok(['up', '--no-wait']);
      const image = String(stateFile(machineDir(box, 'dev'), 'applied.json')['image']);
      await box.ok(['rm', '--yes']);
      mkdirSync(imagesOf(box));
      cpSync(join(box.env['AI_VM_IMAGES'] ?? '', image), join(imagesOf(box), image), { recursive: true });
      const env = { AI_VM_IMAGES: imagesOf(box) };
      const templates = join(imagesOf(box), 'templates');
      const inTemplates = (): string[] =>
        (existsSync(templates) ? readdirSync(templates) : []).filter((name) => !name.endsWith('.lock'));
      const build = await effectsOf(box, ['build'], env);
      rmSync(templates, { recursive: true });
      await atEachMoment(
        box,
        ['build'],
        momentsOf(build.slice(build.findIndex((what) => what.includes('templates')))),
        async () => {
          // The kernel ends its guest, a moment later.
          await until('the end of its guest', () => Promise.resolve(processesOf([box.dir]).length === 0 ? true : null));
          for (const name of inTemplates()) expect(name).toMatch(/\.partial$/u);
          await box.ok(['down'], { env });
          expect(box.leftovers()).toEqual([]);
          await box.ok(['build'], { env });
          expect(inTemplates()).toEqual([expect.stringMatching(/^[0-9a-f]{16}-[0-9a-f]{16}$/u)]);
          rmSync(templates, { recursive: true });
        },
        env,
      );
    });
  },
);
