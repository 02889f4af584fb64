/** How `plan` grows with the machines of a file. They do not exist: what is measured is ours alone. */
import { byTurns } from './measure.mjs';
import { summary } from './stats.mjs';

const SIZES = [1, 100, 1000];

const machine = (n) => ({
  ...{ cpus: 2, memory: '1GiB', storage: '8GiB', warm: true },
  ...{ ports: [`${10_000 + n}:80`], env: { NUMBER: String(n) }, labels: { number: String(n) } },
});

/** @param {import('./sandbox.mjs').Sandbox} sandbox @param {number} runs */
export async function benchPlan(sandbox, runs) {
  const samples = {};
  for (const size of SIZES) {
    sandbox.declareAll(Object.fromEntries(Array.from({ length: size }, (_, n) => [`vm-${n}`, machine(n)])));
    samples[size] = await byTurns(
      {
        node: { argv: [process.execPath, '-e', '0'] },
        plan: { argv: sandbox.argv(['plan']), options: sandbox.around },
      },
      runs,
    );
  }
  const rows = SIZES.map((size) => ({
    what: `plan of ${size} machine${size === 1 ? '' : 's'}`,
    unit: 'ms',
    ours: summary(samples[size].plan.wall),
    floor: summary(samples[size].node.wall),
    floorName: 'node -e 0',
    cpu: { ours: summary(samples[size].plan.cpu), floor: summary(samples[size].node.cpu) },
    aim: size === SIZES.at(-1) ? { most: 1000 } : null,
  }));
  return { rows, samples };
}
