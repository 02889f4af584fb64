/** `fork` killed in the middle: its source runs on, no half copy is left, and the next one is as if nothing had been. */
import { expect } from '@jest/globals';
import { inGuest } from '../support/guest.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { atEachMoment, effectsOf, isWhole, mark, momentsOf, qemus } from '../support/kill.ts';
import { scenario } from '../support/scenario.ts';
import { layersOf } from '../support/state.ts';

const FILE = `
name: killed
vms:
  dev:
    cpus: 1
    memory: 1GiB
    storage: 5GiB
    shares: [./work]
    ports: ['45481:80']
`;

const FORK = ['fork', 'dev', '-n', '2'];

interface Listed {
  readonly name: string;
  readonly state: string;
}

async function copies(box: Sandbox): Promise<Listed[]> {
  const { machines } = JSON.parse(await box.ok(['ps', '--format', 'json'])) as { machines: Listed[] };
  return machines.filter(({ name }) => name !== 'dev');
}

/** Each copy that is there is a whole one; then it goes, and nothing of it stays. */
async function removeCopies(box: Sandbox): Promise<void> {
  const all = await copies(box);
  expect(qemus(box)).toBe(1 + all.length);
  for (const { name, state } of all) {
    expect(state).toBe('running');
    expect(await inGuest(box, 'cat /dev/shm/memory ~/disk; hostname', name)).toBe(`kept\nkept\n${name}\n`);
  }
  if (all.length > 0) await box.ok(['rm', '--yes', ...all.map(({ name }) => name)]);
  expect(layersOf(box)).toEqual([]);
}

scenario(
  'a fork that is killed in the middle',
  () => ({ files: { 'ai-vm.yaml': FILE }, ports: [45481, 45482, 45483] }),
  (obligation) => {
    let effects: readonly string[] = [];

    obligation('is two copies when nobody disturbs it', async (box) => {
      await box.ok(['up']);
      await mark(box, 'kept');
      effects = await effectsOf(box, FORK);
      expect(await copies(box)).toHaveLength(2);
      await removeCopies(box);
    });

    obligation('leaves its source as it was, and whole copies or none, when `up` comes next', async (box) => {
      await atEachMoment(box, FORK, momentsOf(effects), async () => {
        await box.ok(['up']);
        await removeCopies(box);
        await isWhole(box, 'kept');
      });
    });

    obligation('is made by the next one', async (box) => {
      await atEachMoment(box, FORK, momentsOf(effects), async () => {
        const before = (await copies(box)).filter(({ state }) => state === 'running').length;
        await box.ok(FORK);
        expect((await copies(box)).length).toBeLessThanOrEqual(before + 2);
        expect((await copies(box)).length).toBeGreaterThanOrEqual(2);
        await removeCopies(box);
        await isWhole(box, 'kept');
      });
    });

    obligation('leaves a source that can be stopped', async (box) => {
      await atEachMoment(box, FORK, momentsOf(effects).slice(1, 2), async () => {
        await box.ok(['stop', 'dev']);
        await box.ok(['up']);
        await removeCopies(box);
        expect(await inGuest(box, 'cat ~/disk; ls /dev/shm | wc -l')).toBe('kept\n0\n');
      });
    });
  },
);
