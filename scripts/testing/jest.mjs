/** Running suites with jest, and counting each of their tests. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { inLanes } from './lanes.mjs';
import { run, say, seconds } from './run.mjs';

const jest = (node) => [
  node,
  // Not through NODE_OPTIONS: programs that the tests start would inherit it.
  ...['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  ...['node_modules/jest/bin/jest.js', '--ci'],
];

/**
 * Suites whose tests start no guest: as many workers as there are processors.
 * @param {import('./run.mjs').Tally} tally
 * @param {string} name for people
 * @param {readonly string[]} suites names of projects in jest.config.mjs
 * @param {{ node?: string }} options `node`: the binary to run jest with
 */
export async function runJest(tally, name, suites, { node = process.execPath } = {}) {
  say(`\n== ${name}`);
  const command = [...jest(node), '--selectProjects', ...suites, '--maxWorkers=100%'];
  const { ran, ms } = await counted(tally, name, command, { inherit: true });
  say(`== ${name}: ${ran} tests in ${seconds(ms)}`);
}

/**
 * Suites whose tests start guests: each file in a jest of its own, as many at a time as there are lanes.
 * @param {import('./run.mjs').Tally} tally
 * @param {string} name for people
 * @param {readonly string[]} suites
 */
export async function runFiles(tally, name, suites) {
  say(`\n== ${name}`);
  const started = performance.now();
  const { output } = await run([...jest(process.execPath), '--selectProjects', ...suites, '--listTests', '--json']);
  const found = /^\[.*\]$/mu.exec(output);
  if (!found) {
    tally.failed.push(`${name}: jest lists no tests\n${output}`);
    return;
  }
  // What is largest takes longest, more or less, and is not to be the last that somebody waits for.
  const files = JSON.parse(found[0]).sort((a, b) => statSync(b).size - statSync(a).size);
  const of = files.length;
  let ended = 0;
  let all = 0;
  const through = (queue) => async (wrap) => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      const path = relative(process.cwd(), file);
      const command = wrap([
        ...jest(process.execPath),
        ...['--selectProjects', ...suites],
        ...['--runInBand', '--runTestsByPath', file],
      ]);
      const { ran, ok, ms, output } = await counted(tally, name, command, {});
      all += ran;
      ended += 1;
      say(`${ok ? 'ok    ' : 'FAILED'} ${path}: ${ran} tests (${seconds(ms)}; ${ended} of ${of})`);
      if (!ok) say(output.trimEnd());
    }
  };
  await inLanes(through(files.filter((file) => !isAlone(file))));
  await inLanes(through(files.filter(isAlone)), 1);
  say(`== ${name}: ${all} tests in ${seconds(performance.now() - started)}`);
}

/** What looks at a thing that the host has one of, such as the first free port, and would find the other lane's doing. */
const isAlone = (file) => readFileSync(file, 'utf8').includes('\n/** @alone');

/**
 * Runs jest, and counts each of its tests.
 * @returns {Promise<{ ran: number, ok: boolean, ms: number, output: string }>} output is empty where it is inherited
 */
async function counted(tally, name, command, options) {
  const dir = mkdtempSync(join(tmpdir(), 'ai-vm-jest-'));
  const report = join(dir, 'report.json');
  const { code, ms, output } = await run([...command, '--json', '--outputFile', report], options);
  const before = tally.failed.length;
  const ran = count(tally, name, report);
  rmSync(dir, { recursive: true });
  if (ran === 0) tally.failed.push(`${name}: no test ran: ${command.at(-1)}`);
  else if (code !== 0 && tally.failed.length === before) {
    tally.failed.push(`${name}: jest ended with ${code === null ? 'a signal' : `code ${code}`}, though no test failed`);
  }
  return { ran, ok: tally.failed.length === before, ms, output };
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
      else if (test.status === 'failed') tally.failed.push(`${full}${why(test.failureMessages)}`);
      else {
        tally.skipped.push(full);
        continue;
      }
      ran += 1;
    }
  }
  return ran;
}

/** Lines of a failure that stand beside its name at the end, where whoever keeps only the end of a long log still finds them. */
const FIRST = 6;
/** A command that failed says what it was about first, and why last. */
const LAST = 18;

/** @param {readonly string[]} messages */
function why(messages) {
  const lines = stripVTControlCharacters(messages.join('\n'))
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s+at /u.test(line));
  const told = lines.length <= FIRST + LAST ? lines : [...lines.slice(0, FIRST), '[…]', ...lines.slice(-LAST)];
  return told.map((line) => `\n    ${line}`).join('');
}
