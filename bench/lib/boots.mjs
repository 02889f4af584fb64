/** A cold `up` against the same QEMU with the same devices, started by hand: what do we add? */
import { join } from 'node:path';
import { bootBare, cpuOf, keep } from './bare.mjs';
import { VM } from './sandbox.mjs';
import { median, summary } from './stats.mjs';
import { mark, watchedUp } from './ups.mjs';

/**
 * @typedef {{ agent: number, ssh: number, whole: number, ours: number, split: Record<string, number>, qemuCpu: number }} Up
 *   in milliseconds: until the agent answered, until SSH did, until the command ended, its own processor time
 */

/** @param {import('./sandbox.mjs').Sandbox} sandbox @returns {Promise<Up & { pid: number }>} */
async function coldUp(sandbox) {
  const { wall, cpu, marks } = await watchedUp(sandbox, ['--cold']);
  const { pid } = await sandbox.machine();
  const qemuCpu = cpuOf(pid);
  const done = marks.filter(({ type }) => type === 'step-done');
  const split = {
    before: mark(marks, 'step-started').ms,
    ...Object.fromEntries(done.map(({ kind, took }) => [kind, took])),
    after: wall - mark(marks, 'step-done', { kind: 'ready' }).ms,
  };
  const [agent, ssh] = ['agent', 'ssh'].map((text) => mark(marks, 'answered', { text }).ms);
  return { agent, ssh, whole: wall, ours: cpu, split, qemuCpu, pid };
}

/**
 * @param {import('./sandbox.mjs').Sandbox} sandbox
 * @param {number} boots of each kind
 * @param {(text: string) => void} say
 */
export async function benchBoots(sandbox, boots, say) {
  say('the image, and what this host can do: not measured');
  await sandbox.ok(['build']);
  await sandbox.ok(['doctor']).catch(() => undefined);
  const ups = [];
  const bares = [];
  let machine;
  const up = async () => {
    say(`cold up ${ups.length + 1} of ${boots}`);
    const { pid, ...sample } = await coldUp(sandbox);
    ups.push(sample);
    machine ??= keep(pid, join(sandbox.dir, 'bare'));
    await sandbox.ok(['down', '--timeout', '0']);
    await sandbox.ok(['rm', VM, '--yes']);
  };
  const bare = async () => {
    say(`bare QEMU ${bares.length + 1} of ${boots}`);
    bares.push(await bootBare(machine));
  };
  // ABBA: what changes with time hits both alike.
  for (let round = 0; round < boots; round += 1)
    for (const boot of round % 2 === 0 ? [up, bare] : [bare, up]) await boot();

  const of = (samples, name) => summary(samples.map((sample) => sample[name] / 1000));
  const row = (what, ours, floor) => ({
    what,
    unit: 's',
    ours: of(ups, ours),
    floor: of(bares, floor),
    floorName: 'bare QEMU',
    cpu: { ours: of(ups, 'qemuCpu'), floor: of(bares, 'qemuCpu') },
    aim: { ratio: 1.05 },
  });
  const kinds = Object.keys(ups[0].split);
  return {
    rows: [
      row('cold up, until the agent answers', 'agent', 'agent'),
      row('cold up, until SSH greets', 'ssh', 'ssh'),
      { ...row('cold up, until the command ends', 'whole', 'ssh'), aim: null },
    ],
    ups,
    bares,
    split: {
      ...Object.fromEntries(kinds.map((kind) => [kind, median(ups.map(({ split }) => split[kind]))])),
      'own CPU': median(ups.map(({ ours }) => ours)),
    },
  };
}
