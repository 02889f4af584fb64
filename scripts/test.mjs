#!/usr/bin/env node
/**
 * Everything that is checked and tested, the quick things first. Goes on after a failure, so that one run tells all.
 * Each check counts as one result and so does each test; the last line is nothing but the numbers.
 * usage: node scripts/test.mjs [--fast]      --fast: checks and unit tests only
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runCheck, runChecks } from './testing/checks.mjs';
import { runFiles, runJest } from './testing/jest.mjs';
import { findNode24 } from './testing/node24.mjs';
import { Tally, say, seconds } from './testing/run.mjs';

const { values: options } = parseArgs({ options: { fast: { type: 'boolean', default: false } } });
process.chdir(resolve(import.meta.dirname, '..'));
const tally = new Tally();
const started = performance.now();

await runChecks(tally, { fast: options.fast });
await runCheck(tally, { name: 'build', argv: [process.execPath, 'scripts/build.mjs'] });
if (options.fast) {
  await runJest(tally, 'unit', ['unit']);
} else {
  await runJest(tally, 'unit and property', ['unit', 'property']);
  await runOnNode24();
  await runFiles(tally, 'contract, e2e and pages', ['contract', 'e2e', 'pages']);
  if (!process.env['AI_VM_TEST_PAGES']) {
    tally.skipped.push(
      'pages: most are followed as far as no guest is needed: AI_VM_TEST_PAGES is not set (docs/README.md)',
    );
  }
  // Some 200 MB that no machine has by itself.
  if (process.env['AI_VM_TEST_NIXPKGS']) await runFiles(tally, 'nixpkgs', ['nixpkgs']);
  else
    tally.skipped.push('nixpkgs: NixOS guests are not evaluated: AI_VM_TEST_NIXPKGS names no nixpkgs (docs/nixos.md)');
}

async function runOnNode24() {
  const found = await findNode24();
  if ('missing' in found) {
    tally.skipped.push(`Node 24: ${found.missing}`);
    return;
  }
  const name = `Node ${found.version.replace(/^v/, '')}`;
  const main = [found.node, join('dist', 'main.js')];
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  await runCheck(tally, {
    name: `${name}: --version`,
    argv: [...main, '--version'],
    expect: (out) => out.trim() === version,
  });
  await runCheck(tally, { name: `${name}: --help`, argv: [...main, '--help'], expect: (out) => out.includes('up') });
  if (existsSync('ai-vm.yaml')) await runCheck(tally, { name: `${name}: validate`, argv: [...main, 'validate'] });
  await runJest(tally, `${name}, unit and property`, ['unit', 'property'], { node: found.node });
}

say('');
for (const name of tally.skipped) say(`skipped: ${name}`);
for (const name of tally.failed) say(`FAILED: ${name}`);
say(`in ${seconds(performance.now() - started)}`);
process.exitCode = tally.failed.length === 0 ? 0 : 1;
// On stdout and alone, so that it is the last line wherever the two streams end up together.
process.stdout.write(`${tally.toString()}\n`);
