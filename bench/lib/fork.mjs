/** Copies of a machine that runs: how long it stands still for them by what it has touched, and when each can be used. */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { timed } from './measure.mjs';
import { VM } from './sandbox.mjs';
import { summary } from './stats.mjs';

/** MiB that the guest touches before its copies are made. */
const TOUCHED = [0, 1024];
const COPIES = 2;

/** Random bytes, written again and again: an emulated guest makes few of them in a second. @param {number} mebibytes */
const touch = (mebibytes) => `mount -t tmpfs -o size=90% none /mnt
head -c 8M /dev/urandom >/mnt/once
for n in $(seq ${mebibytes / 8}); do cat /mnt/once; done >/mnt/again`;

const MiB = 2 ** 20;
const GiB = 2 ** 30;

/**
 * What the host takes to copy as much memory as that, with nothing of ours around it: a host that has to find the pages first
 * takes several times as long as one that has them at hand.
 * @param {number} bytes
 * @returns {Promise<number>} milliseconds
 */
async function copyOf(bytes) {
  const dir = mkdtempSync('/dev/shm/ai-vm-bench-');
  try {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')];
    const once = randomBytes(8 * MiB);
    const file = openSync(from, 'w');
    for (let at = 0; at < bytes; at += once.length) writeSync(file, once, 0, Math.min(once.length, bytes - at));
    closeSync(file);
    return (await timed(['cp', '--sparse=always', from, to])).wall;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** @param {import('./sandbox.mjs').Sandbox} sandbox @param {{ runs: number, say: (text: string) => void }} options */
export async function benchFork(sandbox, { runs, say }) {
  sandbox.declare({ memory: '4GiB' });
  await sandbox.clear();
  await sandbox.ok(['up']);
  const samples = [];
  try {
    for (const more of TOUCHED) {
      if (more > 0) await sandbox.ok(['exec', VM, '--', 'sudo', 'sh', '-ec', touch(more)]);
      for (let run = 0; run < runs; run += 1) {
        say(`forks of a machine that has touched ${more} MiB more, ${run + 1} of ${runs}`);
        const { stdout, wall } = await sandbox.ok(['fork', VM, '-n', String(COPIES), '--format', 'json']);
        const { pause, touched, forks } = JSON.parse(stdout);
        samples.push({ more, wall, pause, touched, copy: await copyOf(touched), ms: forks.map(({ ms }) => ms) });
        const names = forks.map(({ vm }) => vm);
        await sandbox.ok(['down', '--timeout', '0', ...names]);
        await sandbox.ok(['rm', '--yes', ...names]);
      }
    }
  } finally {
    await sandbox.clear();
  }
  const rows = TOUCHED.flatMap((more) => {
    const of = samples.filter((sample) => sample.more === more);
    const what = more === 0 ? 'a booted machine' : `one that has touched ${more} MiB more`;
    const perGiB = (ms) => of.map((sample) => ms(sample) / 1000 / (sample.touched / GiB));
    return [
      {
        what: `fork of ${what}: pause per GiB touched`,
        unit: 's',
        ours: summary(perGiB(({ pause }) => pause)),
        floor: summary(perGiB(({ copy }) => copy)),
        floorName: 'cp in memory',
        aim: { most: 0.7 },
      },
      {
        what: `fork of ${what}: each copy can be used`,
        unit: 's',
        ours: summary(of.flatMap(({ ms }) => ms.map((each) => each / 1000))),
        floor: null,
        aim: { most: 1 },
      },
      {
        what: `fork of ${what}: the whole command, for each of ${COPIES} copies`,
        unit: 's',
        ours: summary(of.map(({ wall }) => wall / 1000 / COPIES)),
        floor: null,
        aim: null,
      },
    ];
  });
  return { rows, samples };
}
