#!/usr/bin/env node
/**
 * How fast ai-vm is, against the floor below it: Node that does nothing, QEMU that is started without us. Prints a table and
 * writes every sample to bench/results/latest.json. Numbers of two runs are not to be compared, only ratios within one.
 * usage: npm run bench -- [--only start,boot,converged,resident,guest] [--boots N] [--runs N] [--bundle FILE]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { benchBoots } from './lib/boots.mjs';
import { benchConverged } from './lib/converged.mjs';
import { guestSeconds } from './lib/guest.mjs';
import { benchResident } from './lib/resident.mjs';
import { Sandbox } from './lib/sandbox.mjs';
import { benchStart } from './lib/start.mjs';
import { renderTable } from './lib/table.mjs';

const SECTIONS = ['start', 'boot', 'converged', 'resident', 'guest'];

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: SECTIONS.join(',') },
    boots: { type: 'string', default: '2' },
    runs: { type: 'string', default: '15' },
    bundle: { type: 'string', default: resolve(import.meta.dirname, '../dist/main.js') },
  },
});
const wanted = new Set(options.only.split(','));
const unknown = [...wanted].find((name) => !SECTIONS.includes(name));
const [boots, runs] = [Number(options.boots), Number(options.runs)];
if (unknown !== undefined || !(boots >= 1) || !(runs >= 1)) {
  process.stderr.write(`bench: sections are ${SECTIONS.join(', ')}; --boots and --runs are at least 1\n`);
  process.exit(64);
}

const say = (text) => process.stderr.write(`bench: ${text}\n`);
const loadBefore = loadavg()[0];
/** @type {import('./lib/table.mjs').Row[]} */
const rows = [];
/** @type {Record<string, unknown>} */
const sections = {};
const take = (name, { rows: more, ...data }) => {
  rows.push(...more);
  sections[name] = data;
};

const sandbox = new Sandbox(resolve(options.bundle));
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    sandbox.close();
    process.exit(130);
  });
}
try {
  if (wanted.has('start')) {
    say('start of the program');
    take('start', await benchStart(sandbox, runs));
  }
  if (wanted.has('boot')) take('boot', await benchBoots(sandbox, boots, say));
  if (['converged', 'resident', 'guest'].some((name) => wanted.has(name))) {
    say('a machine with shares');
    sandbox.declare({ shares: ['./rw', './ro:ro'] });
    await sandbox.ok(['up', '--restart']);
    if (wanted.has('resident')) take('resident', benchResident(sandbox));
    if (wanted.has('converged')) {
      say('converged up');
      take('converged', await benchConverged(sandbox, runs));
    }
    if (wanted.has('guest')) take('guest', await guestSeconds(sandbox));
  }
} finally {
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
