/** A machine from a template against the same machine that boots. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { cpuOf } from './bare.mjs';
import { freePort } from './ready.mjs';
import { VM } from './sandbox.mjs';
import { median, summary } from './stats.mjs';
import { mark, phasesOf, watchedUp } from './ups.mjs';

/** What people have: more than the template's own size of everything. */
export const SHAPE = { cpus: 4, memory: '4GiB', storage: '20GiB' };

/** The medians of samples that have the same keys. @param {readonly Record<string, number>[]} samples */
export const medians = (samples) =>
  Object.fromEntries(Object.keys(samples[0]).map((key) => [key, median(samples.map((sample) => sample[key]))]));

/**
 * When somebody can log in, in milliseconds: SSH greets, and the guest has its users. A machine that boots has them before.
 * @param {readonly import('./ups.mjs').Mark[]} marks
 */
export const loginAt = (marks) =>
  Math.max(mark(marks, 'answered', { text: 'ssh' }).ms, mark(marks, 'step-done', { kind: 'start' }).ms);

/**
 * @param {import('./sandbox.mjs').Sandbox} sandbox
 * @param {{ boots: number, warms: number, say: (text: string) => void }} options how many starts of each kind
 */
export async function benchWarm(sandbox, { boots, warms, say }) {
  mkdirSync(join(sandbox.project, 'other'), { recursive: true });
  const ports = [];
  for (const guest of [8080, 8081, 8082]) ports.push(`${await freePort()}:${guest}`);
  sandbox.declare({ ...SHAPE, shares: ['./shared:ro', './other:ro'], ports });
  await sandbox.clear();
  say('the image and its template: not measured');
  await sandbox.ok(['up']);
  await sandbox.clear();

  const samples = { cold: [], warm: [] };
  const up = async (args) => {
    const { wall, cpu, marks } = await watchedUp(sandbox, args);
    const { pid } = await sandbox.machine();
    const qemuCpu = cpuOf(pid);
    const first = wall + (await sandbox.ok(['exec', VM, '--', 'true'])).wall;
    return { ssh: loginAt(marks), whole: wall, first, ours: cpu, qemuCpu, marks };
  };
  const cold = async () => {
    say(`cold up ${samples.cold.length + 1} of ${boots}`);
    const { marks: _, ...sample } = await up(['--cold']);
    samples.cold.push(sample);
    await sandbox.clear();
  };
  const warm = async () => {
    say(`warm up ${samples.warm.length + 1} of ${warms}`);
    const { marks, ...sample } = await up([]);
    samples.warm.push({ ...sample, split: phasesOf(marks, sample.whole) });
    await sandbox.clear();
  };
  // Warm ones before, between and after the cold ones: what changes with time hits both alike.
  for (let n = 0; n < warms; n += 1) {
    if (n > 0) while (samples.cold.length < Math.floor((n * boots) / warms)) await cold();
    await warm();
  }
  while (samples.cold.length < boots) await cold();

  const of = (kind, name) => summary(samples[kind].map((sample) => sample[name] / 1000));
  const row = (what, name, aim) => ({
    what,
    unit: 's',
    ours: of('warm', name),
    floor: of('cold', name),
    floorName: 'cold up',
    cpu: { ours: of('warm', 'qemuCpu'), floor: of('cold', 'qemuCpu') },
    aim,
  });
  return {
    rows: [
      row('warm up, until one can log in', 'ssh', { most: 1.5 }),
      row('warm up, until the command ends', 'whole', null),
      row('warm up, and `exec true` in it', 'first', null),
    ],
    ...samples,
    split: {
      ...medians(samples.warm.map(({ split }) => split)),
      'own CPU': median(samples.warm.map(({ ours }) => ours)),
    },
  };
}
