/** Everything that is checked without running the program. */
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run, say, seconds } from './run.mjs';

const bin = (name) => join('node_modules', '.bin', name);
const onPath = (name) =>
  (process.env.PATH ?? '').split(delimiter).some((dir) => dir !== '' && existsSync(join(dir, name)));

function shellScripts() {
  const scripts = readdirSync('scripts', { recursive: true }).filter((name) => name.endsWith('.sh'));
  return [...scripts.map((name) => join('scripts', name)), '.ci/run'];
}

/** @type {readonly { name: string, argv: readonly string[], needs?: string }[]} `needs`: a program of the host */
const CHECKS = [
  { name: 'format', argv: [bin('prettier'), '--check', '--log-level', 'warn', '.'] },
  { name: 'lint', argv: [bin('eslint'), '.', '--max-warnings', '0'] },
  { name: 'types', argv: [bin('tsc'), '--noEmit', '-p', '.'] },
  { name: 'import rules', argv: [bin('depcruise'), 'src', 'tests', '--output-type', 'err'] },
  { name: 'dead code', argv: [bin('knip'), '--no-progress'] },
  { name: 'generated files', argv: [process.execPath, 'scripts/generate.mjs', '--check'] },
  // SC3013: `test -nt` is in POSIX since 2024, and has been in every shell for long.
  { name: 'shell scripts', argv: ['shellcheck', '--exclude=SC3013', ...shellScripts()], needs: 'shellcheck' },
];

/**
 * Runs all of them, two at a time, and goes on after one that failed.
 * @param {import('./run.mjs').Tally} tally
 */
export async function runChecks(tally) {
  say('== checks');
  const queue = [...CHECKS];
  const next = async () => {
    for (let check = queue.shift(); check !== undefined; check = queue.shift()) await runCheck(tally, check);
  };
  await Promise.all([next(), next()]);
}

/**
 * @param {import('./run.mjs').Tally} tally
 * @param {{ name: string, argv: readonly string[], needs?: string, env?: NodeJS.ProcessEnv, expect?: (output: string) => boolean }} check
 */
export async function runCheck(tally, { name, argv, needs, expect }) {
  if (needs !== undefined && !onPath(needs)) {
    tally.skipped.push(`${name}: ${needs} is not installed`);
    return;
  }
  const { code, output, ms } = await run(argv);
  const ok = code === 0 && (expect === undefined || expect(output));
  if (ok) tally.passed += 1;
  else tally.failed.push(name);
  say(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds(ms)})`);
  if (!ok) say(output.trimEnd());
}
