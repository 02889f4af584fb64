/** The program's own start, against a Node that does nothing. */
import { byTurns } from './measure.mjs';
import { summary } from './stats.mjs';

/** @param {import('./sandbox.mjs').Sandbox} sandbox @param {number} runs */
export async function benchStart(sandbox, runs) {
  const samples = await byTurns(
    {
      node: { argv: [process.execPath, '-e', '0'] },
      version: { argv: sandbox.argv(['--version']) },
      help: { argv: sandbox.argv(['--help']) },
      validate: { argv: sandbox.argv(['validate']), options: sandbox.around },
    },
    runs,
  );
  const row = (name, what, aim) => ({
    what,
    unit: 'ms',
    ours: summary(samples[name].wall),
    floor: summary(samples.node.wall),
    floorName: 'node -e 0',
    cpu: { ours: summary(samples[name].cpu), floor: summary(samples.node.cpu) },
    aim,
  });
  return {
    rows: [
      row('version', 'ai-vm --version', { more: 30 }),
      row('help', 'ai-vm --help', null),
      row('validate', 'ai-vm validate', null),
    ],
    samples,
  };
}
