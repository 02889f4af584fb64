/** `suspend`, and the `up` after it, killed in the middle: the machine goes on with all that it had. */
import { expect } from '@jest/globals';
import { inGuest } from '../support/guest.ts';
import { atEachMoment, effectsOf, isWhole, killAt, mark, momentsOf } from '../support/kill.ts';
import { scenario } from '../support/scenario.ts';

const FILE = `
name: killed
vms:
  dev:
    cpus: 1
    memory: 1GiB
    storage: 5GiB
    shares: [./work]
    ports: ['45480:80']
`;

scenario(
  'suspending and going on, killed in the middle',
  () => ({ files: { 'ai-vm.yaml': FILE }, ports: [45480] }),
  (obligation) => {
    let toDisk: readonly string[] = [];
    let back: readonly string[] = [];

    obligation('do what they do when nobody disturbs them', async (box) => {
      await box.ok(['up']);
      await mark(box, 'kept');
      toDisk = await effectsOf(box, ['suspend']);
      back = await effectsOf(box, ['up']);
      await isWhole(box, 'kept');
    });

    obligation('lose nothing when `suspend` is killed and `up` comes next', async (box) => {
      await atEachMoment(box, ['suspend'], momentsOf(toDisk), async () => {
        await box.ok(['up']);
        await isWhole(box, 'kept');
      });
    });

    obligation('go on for whoever wants in', async (box) => {
      const n = toDisk.indexOf('ask migrate') + 1;
      expect(await killAt(box, ['suspend'], { at: `${n}+`, name: `in ${n}, ask migrate` })).toBe(true);
      expect(await inGuest(box, 'cat /dev/shm/memory')).toBe('kept\n');
      await isWhole(box, 'kept');
    });

    obligation('suspend when told so again', async (box) => {
      await atEachMoment(box, ['suspend'], momentsOf(toDisk), async () => {
        // Where it was over but for the end, there is nothing left to suspend.
        const { code, stderr } = await box.cli(['suspend']);
        if (code !== 0 && !stderr.includes('nothing runs')) throw new Error(stderr);
        await box.ok(['up']);
        await isWhole(box, 'kept');
      });
    });

    obligation('go on where they were when that `up` is killed, too', async (box) => {
      await box.ok(['suspend']);
      await atEachMoment(box, ['up'], momentsOf(back), async () => {
        await box.ok(['up']);
        await isWhole(box, 'kept');
        await box.ok(['suspend']);
      });
    });
  },
);
