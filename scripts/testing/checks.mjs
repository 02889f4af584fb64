/** Everything that is checked without running the program. */
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run, say, seconds } from './run.mjs';

const bin = (name) => join('node_modules', '.bin', name);
const onPath = (name) =>
  (process.env.PATH ?? '').split(delimiter).some((dir) => dir !== '' && existsSync(join(dir, name)));

const filesIn = (dir, ending) =>
  readdirSync(dir, { recursive: true })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(dir, name));

const shellScripts = () => [...['scripts', 'src', 'nix', 'tests'].flatMap((dir) => filesIn(dir, '.sh')), '.ci/run'];

const nixFiles = () => ['flake.nix', ...['nix', 'examples', 'tests'].flatMap((dir) => filesIn(dir, '.nix'))];

const CACHE = join('node_modules', '.cache');

/**
 * `needs`: a program of the host. Caches go by content. ESLint's goes by each file alone, though its rules look at the
 * types of others, so only the quick inner loop uses it.
 * @param {boolean} fast
 * @returns {readonly { name: string, argv: readonly string[], needs?: string }[]}
 */
const checks = (fast) => [
  { name: 'lint', argv: [bin('eslint'), '.', '--max-warnings', '0', ...(fast ? cache('eslint') : [])] },
  {
    name: 'types',
    argv: [bin('tsc'), '--noEmit', '-p', '.', '--incremental', '--tsBuildInfoFile', join(CACHE, 'tsc.json')],
  },
  { name: 'format', argv: [bin('prettier'), '--check', '--log-level', 'warn', '.', ...cache('prettier')] },
  { name: 'import rules', argv: [bin('depcruise'), 'src', 'tests', '--output-type', 'err'] },
  { name: 'dead code', argv: [bin('knip'), '--no-progress'] },
  { name: 'generated files', argv: [process.execPath, 'scripts/generate.mjs', '--check'] },
  // SC3013: `test -nt` is in POSIX since 2024, and has been in every shell for long.
  { name: 'shell scripts', argv: ['shellcheck', '--exclude=SC3013', ...shellScripts()], needs: 'shellcheck' },
  { name: 'Nix files', argv: ['nix-instantiate', '--parse', ...nixFiles()], needs: 'nix-instantiate' },
  { name: 'text of Nix files', argv: [process.execPath, 'scripts/nix-text.mjs', ...nixFiles()] },
  // Debian has none; `nix develop` brings it.
  { name: 'format of Nix files', argv: ['nixfmt', '--check', ...nixFiles()], needs: 'nixfmt' },
];

const cache = (tool) => ['--cache', '--cache-strategy', 'content', '--cache-location', join(CACHE, `${tool}.json`)];

/**
 * Runs all of them, two at a time, and goes on after one that failed.
 * @param {import('./run.mjs').Tally} tally
 * @param {{ fast: boolean }} options
 */
export async function runChecks(tally, { fast }) {
  say('== checks');
  const queue = [...checks(fast)];
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
