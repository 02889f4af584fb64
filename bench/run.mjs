#!/usr/bin/env node
/**
 * How fast ai-vm is, against the floor below it: Node that does nothing, QEMU that is started without us. Prints a table and
 * writes every sample to bench/results/latest.json. Numbers of two runs are not to be compared, only ratios within one.
 * usage: npm run bench -- [--only start,boot,warm,clone,many,fork,live,plan,converged,exec,net,resident,guest]
 *                         [--boots N] [--warms N] [--runs N] [--full] [--bundle FILE]
 *                             --full: 16 machines at a time, whatever memory is free
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { benchBoots } from './lib/boots.mjs';
import { benchClone } from './lib/clone.mjs';
import { benchConverged } from './lib/converged.mjs';
import { guestSeconds } from './lib/guest.mjs';
import { benchExec } from './lib/exec.mjs';
import { benchFork } from './lib/fork.mjs';
import { benchLive } from './lib/live.mjs';
import { benchMany } from './lib/many.mjs';
import { benchNet } from './lib/net.mjs';
import { benchPlan } from './lib/plan.mjs';
import { benchResident } from './lib/resident.mjs';
import { interrupt } from './lib/measure.mjs';
import { Sandbox } from './lib/sandbox.mjs';
import { benchStart } from './lib/start.mjs';
import { renderTable } from './lib/table.mjs';
import { benchWarm } from './lib/warm.mjs';

const SECTIONS = [
  'start',
  'boot',
  'warm',
  'clone',
  'many',
  'fork',
  'live',
  'plan',
  'converged',
  'exec',
  'net',
  'resident',
  'guest',
];

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: SECTIONS.join(',') },
    boots: { type: 'string', default: '2' },
    warms: { type: 'string', default: '5' },
    runs: { type: 'string', default: '15' },
    full: { type: 'boolean', default: false },
    bundle: { type: 'string', default: resolve(import.meta.dirname, '../dist/main.js') },
  },
});
const wanted = new Set(options.only.split(','));
const unknown = [...wanted].find((name) => !SECTIONS.includes(name));
const [boots, warms, runs] = [options.boots, options.warms, options.runs].map(Number);
if (unknown !== undefined || ![boots, warms, runs].every((count) => count >= 1)) {
  process.stderr.write(`bench: sections are ${SECTIONS.join(', ')}; --boots, --warms and --runs are at least 1\n`);
  process.exit(64);
}

const say = (text) => process.stderr.write(`bench: ${text}\n`);
const loadBefore = loadavg()[0];
/** @type {import('./lib/table.mjs').Row[]} */
const rows = [];
/** @type {Record<string, unknown>} */
const sections = {};

/** @type {Promise<void> | undefined} */
let stopping;
const sandbox = new Sandbox(resolve(options.bundle));
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    stopping ??= interrupt().then(() => {
      sandbox.close();
      process.exit(130);
    });
  });
}

/** A machine with a share, started at the first need. For reading: what root owns is not shared for writing. */
let starting;
const shared = () => {
  sandbox.declare({ shares: ['./shared:ro'] });
  return (starting ??= sandbox.ok(['up', '--restart', '--cold']).then(() => sandbox));
};

/** What fails is told, and costs only its own numbers. */
const section = async (name, what, measure) => {
  if (!wanted.has(name) || stopping) return;
  say(what);
  try {
    const { rows: more, ...data } = await measure();
    rows.push(...more);
    sections[name] = data;
  } catch (error) {
    say(`${name} failed: ${error.stack}`);
    process.exitCode = 1;
  }
};

try {
  await section('start', 'start of the program', () => benchStart(sandbox, runs));
  await section('boot', 'cold boots', () => benchBoots(sandbox, boots, say));
  await section('warm', 'warm starts', () => benchWarm(sandbox, { boots, warms, say }));
  await section('clone', 'clones', () => benchClone(sandbox, { warms, say }));
  await section('many', 'many machines', () => benchMany(sandbox, { full: options.full, say }));
  await section('fork', 'forks', () => benchFork(sandbox, { runs: boots, say }));
  await section('live', 'changes of a machine that runs', () => benchLive(sandbox, { runs: boots, boots: 1, say }));
  await section('net', 'the network of a guest', () => benchNet(sandbox, { runs: warms, say }));
  await section('plan', 'plans', () => benchPlan(sandbox, Math.ceil(runs / 3)));
  await section('resident', 'what stays on the host', async () => benchResident(await shared()));
  await section('converged', 'converged up', async () => benchConverged(await shared(), runs));
  await section('exec', 'exec, again and again', async () => benchExec(await shared(), runs));
  await section('guest', 'seconds of the guest', async () => guestSeconds(await shared()));
} finally {
  await stopping;
  sandbox.close();
}

const result = {
  formatVersion: 1,
  at: new Date().toISOString(),
  host: {
    node: process.version,
    cpus: availableParallelism(),
    load: [loadBefore, loadavg()[0]].map((load) => Number(load.toFixed(2))),
    ...sandbox.host(),
  },
  rows,
  sections,
};
const dir = resolve(import.meta.dirname, 'results');
mkdirSync(dir, { recursive: true });
writeFileSync(resolve(dir, 'latest.json'), `${JSON.stringify(result, null, 2)}\n`);
process.stdout.write(renderTable(result));
