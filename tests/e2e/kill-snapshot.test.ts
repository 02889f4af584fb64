/** Saving a snapshot, and going back to it, killed in the middle. */
import { expect } from '@jest/globals';
import { inGuest } from '../support/guest.ts';
import { atEachMoment, effectsOf, halvesIn, isWhole, mark, momentsOf } from '../support/kill.ts';
import { scenario } from '../support/scenario.ts';
import { layersOf, machineDir } from '../support/state.ts';

const FILE = `
name: killed
vms:
  dev:
    cpus: 1
    memory: 1GiB
    storage: 5GiB
    shares: [./work]
    ports: ['45484:80']
`;

const SAVE = ['snapshot', 'save', 'moment'];
const REMOVE = ['snapshot', 'rm', 'moment'];
const RESTORE = ['snapshot', 'restore', 'moment', '--yes'];

scenario(
  'snapshots that are killed in the middle',
  () => ({ files: { 'ai-vm.yaml': FILE }, ports: [45484] }),
  (obligation) => {
    let save: readonly string[] = [];

    obligation('are whole when nobody disturbs them', async (box) => {
      await box.ok(['up']);
      await mark(box, 'kept');
      save = await effectsOf(box, SAVE);
      await isWhole(box, 'kept', 1);
      await box.ok(REMOVE);
      await isWhole(box, 'kept');
    });

    obligation('are there whole or not at all, and the machine goes on with `up`', async (box) => {
      await atEachMoment(box, SAVE, momentsOf(save), async () => {
        await box.ok(['up']);
        if ((await box.ok(['snapshot', 'ls'])).includes('moment')) await box.ok(REMOVE);
        await isWhole(box, 'kept');
      });
    });

    obligation('are taken by the next `snapshot save`', async (box) => {
      await atEachMoment(box, SAVE, momentsOf(save), async () => {
        const { code, stderr } = await box.cli(SAVE);
        if (code !== 0) expect(stderr).toContain('has a snapshot "moment" already');
        await box.ok(['up']);
        await isWhole(box, 'kept', 1);
        await box.ok(REMOVE);
        await isWhole(box, 'kept');
      });
    });

    obligation('are gone back to when told so again', async (box) => {
      await box.ok(SAVE);
      await mark(box, 'lost');
      const restore = await effectsOf(box, RESTORE);
      await box.ok(['up']);
      await isWhole(box, 'kept', 1);
      await atEachMoment(box, RESTORE, momentsOf(restore), async () => {
        await box.ok(RESTORE);
        await box.ok(['up']);
        await isWhole(box, 'kept', 1);
        await mark(box, 'lost');
      });
    });

    obligation('leave a machine that boots when going back was cut off', async (box) => {
      await box.ok(RESTORE);
      await box.ok(['up']);
      await box.ok(['stop']);
      const restore = await effectsOf(box, RESTORE);
      await atEachMoment(box, RESTORE, momentsOf(restore), async () => {
        await box.ok(['up']);
        expect(await inGuest(box, 'cat ~/disk')).toBe('kept\n');
        expect(halvesIn(machineDir(box, 'dev'))).toEqual([]);
        await box.ok(['down', '--timeout', '0']);
      });
      await box.ok(REMOVE);
      expect(layersOf(box)).toEqual([]);
    });
  },
);
