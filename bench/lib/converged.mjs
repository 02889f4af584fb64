/** `up` when there is nothing to do. */
import { byTurns, timed } from './measure.mjs';
import { summary } from './stats.mjs';

/** Where it goes when it takes long: the commands that do a part of it each. */
const PARTS = { version: ['--version'], validate: ['validate'], ps: ['ps'], plan: ['plan'] };

/** @param {import('./sandbox.mjs').Sandbox} sandbox @param {number} runs */
export async function benchConverged(sandbox, runs) {
  const { stderr } = await timed(sandbox.argv(['up', '--progress', 'json']), sandbox.around);
  const worked = stderr.split('\n').filter((line) => line.includes('"step-started"'));
  if (worked.length > 0) throw new Error(`this up is not converged:\n${worked.join('\n')}`);
  const parts = Object.entries(PARTS).map(([name, args]) => [
    name,
    { argv: sandbox.argv(args), options: sandbox.around },
  ]);
  const samples = await byTurns(
    {
      node: { argv: [process.execPath, '-e', '0'] },
      ...Object.fromEntries(parts),
      up: { argv: sandbox.argv(['up']), options: sandbox.around },
    },
    runs,
  );
  const row = {
    what: 'ai-vm up, converged',
    unit: 'ms',
    ours: summary(samples.up.wall),
    floor: summary(samples.node.wall),
    floorName: 'node -e 0',
    cpu: { ours: summary(samples.up.cpu), floor: summary(samples.node.cpu) },
    aim: { most: 300 },
  };
  return { rows: [row], samples };
}
