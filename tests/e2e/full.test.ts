/** File systems that are full: what does not fit is not made, is said in one message, and the machine goes on. */
import { rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect } from '@jest/globals';
import { execa } from 'execa';
import { isWhole, mark } from '../support/kill.ts';
import type { CliOptions } from '../support/cli.ts';
import type { Sandbox } from '../support/sandbox.ts';
import { scenario } from '../support/scenario.ts';
import { self } from '../support/user.ts';

const FILE = `
name: full
vms:
  dev:
    cpus: 1
    memory: 1GiB
    storage: 5GiB
    shares: [./work]
`;

const MiB = 1024 ** 2;

/** Runs a command that sees a small file system at /dev/shm. */
const SMALL_SHM = [
  ...['unshare', '--mount', '--propagation', 'private', 'sh', '-c'],
  ...['mount -t tmpfs -o size=32M tmpfs /dev/shm && exec "$@"', 'sh'],
];

/** Leaves so many bytes in the file system that holds the machine's files, for as long as `work` takes. */
async function withRoom(box: Sandbox, bytes: number, work: () => Promise<void>): Promise<void> {
  const filler = join(box.home, 'filler');
  const { bavail, bsize } = statfsSync(box.home);
  await execa('fallocate', ['-l', String(bavail * bsize - bytes), filler]);
  try {
    await work();
  } finally {
    rmSync(filler);
  }
}

/** One message that says what did not fit, where, and what to do. */
async function refused(box: Sandbox, args: readonly string[], place: string, options: Partial<CliOptions> = {}) {
  const { code, stderr } = await box.cli(args, options);
  expect({ code, stderr }).toMatchObject({ code: 69 });
  expect(stderr.match(/^error: there is no (room|space)/gmu)).toHaveLength(1);
  expect(stderr).toContain(place);
  expect(stderr).toMatch(/^ +fix: /mu);
}

// Only root can mount a small file system; the unit tests of host/space.ts hold for everybody.
if (self().uid === 0) {
  let state = '';
  afterAll(async () => {
    if (state !== '') await execa('umount', ['--lazy', state], { reject: false });
  });

  scenario(
    'copies of a machine for which there is no room',
    () => ({ files: { 'ai-vm.yaml': FILE } }),
    (obligation) => {
      obligation('are not forked where memory does not fit', async (box) => {
        await execa('mount', ['-t', 'tmpfs', '-o', 'size=800M,mode=755', 'tmpfs', box.home]);
        state = box.home;
        await box.ok(['up']);
        await mark(box, 'kept');
        await refused(box, ['fork', 'dev', '-n', '2'], '/dev/shm', { within: SMALL_SHM });
        await isWhole(box, 'kept');
      });

      obligation('are not forked where the state of their devices does not fit', async (box) => {
        await withRoom(box, 450 * 1024, () => refused(box, ['fork', 'dev'], box.home));
        // To make one disk of two again takes room: that is done when there is some.
        await isWhole(box, 'kept', 1);
        await box.ok(['suspend']);
        await box.ok(['up']);
        await isWhole(box, 'kept');
      });

      obligation('are not suspended where memory does not fit', async (box) => {
        await withRoom(box, 40 * MiB, () => refused(box, ['suspend'], box.home));
        await isWhole(box, 'kept');
        await withRoom(box, 300 * 1024, () => refused(box, ['suspend'], box.home));
        await isWhole(box, 'kept');
      });

      obligation('are not kept in a snapshot where memory does not fit', async (box) => {
        await withRoom(box, 40 * MiB, () => refused(box, ['snapshot', 'save', 'moment'], box.home));
        expect(JSON.parse(await box.ok(['snapshot', 'ls', '--format', 'json']))).toMatchObject({ snapshots: [] });
        await isWhole(box, 'kept');
        await withRoom(box, 100 * 1024, () => refused(box, ['snapshot', 'save', 'moment'], box.home));
        await isWhole(box, 'kept');
      });

      obligation('are made when there is room', async (box) => {
        await box.ok(['fork', 'dev']);
        await box.ok(['rm', '--yes', 'dev-1']);
        await box.ok(['snapshot', 'save', 'moment']);
        await box.ok(['snapshot', 'rm', 'moment']);
        await box.ok(['suspend']);
        await box.ok(['up']);
        await isWhole(box, 'kept');
      });

      obligation('leave nothing on it', async (box) => {
        await box.ok(['rm', '--yes', 'dev']);
        await execa('umount', [state]);
        state = '';
      });
    },
  );
}
