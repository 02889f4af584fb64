/** Running suites with jest, and counting each of their tests. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { run, say, seconds } from './run.mjs';

/**
 * @param {import('./run.mjs').Tally} tally
 * @param {string} name for people
 * @param {readonly string[]} suites names of projects in jest.config.mjs
 * @param {{ node?: string, inBand?: boolean }} options `node`: the binary to run jest with
 */
export async function runJest(tally, name, suites, { node = process.execPath, inBand = false } = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'ai-vm-jest-'));
  const report = join(dir, 'report.json');
  say(`\n== ${name}`);
  const { code, ms } = await run(
    [
      node,
      // Not through NODE_OPTIONS: programs that the tests start would inherit it.
      ...['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
      'node_modules/jest/bin/jest.js',
      ...['--ci', '--selectProjects', ...suites, '--json', '--outputFile', report],
      ...(inBand ? ['--runInBand'] : []),
    ],
    { inherit: true },
  );
  const before = tally.failed.length;
  const ran = count(tally, name, report);
  rmSync(dir, { recursive: true });
  if (ran === 0) tally.failed.push(`${name}: no test ran`);
  else if (code !== 0 && tally.failed.length === before) {
    tally.failed.push(`${name}: jest ended with ${code === null ? 'a signal' : `code ${code}`}, though no test failed`);
  }
  say(`== ${name}: ${ran} tests in ${seconds(ms)}`);
}

/** @returns {number} how many tests were really executed */
function count(tally, name, report) {
  let results;
  try {
    results = JSON.parse(readFileSync(report, 'utf8')).testResults;
  } catch {
    tally.failed.push(`${name}: jest left no report`);
    return 0;
  }
  let ran = 0;
  for (const file of results) {
    const path = relative(process.cwd(), file.name);
    // The file itself could not be run: its tests are not even known.
    if (file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed')) {
      tally.failed.push(`${name}: ${path}`);
    }
    for (const test of file.assertionResults) {
      const full = `${name}: ${path}: ${test.fullName}`;
      if (test.status === 'passed') tally.passed += 1;
      else if (test.status === 'failed') tally.failed.push(full);
      else {
        tally.skipped.push(full);
        continue;
      }
      ran += 1;
    }
  }
  return ran;
}
