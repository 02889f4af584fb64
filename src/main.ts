/** What Node starts: the fastest answers first, then the command line; signals and the exit code. */
import { setMaxListeners } from 'node:events';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { VERSION } from './generated/version.ts';
import { load } from './load.ts';

/** Name of the file beside this one that is the command line. Put in by the build. */
declare const CLI_CODE: string;

const argv = process.argv.slice(2);

/**
 * Somebody may have removed it: then nothing that we call can work in it either, and verbs that need none still do. What the shell says
 * of where it was is for people; that such a place is there proves that it is another one, of which nothing was asked.
 */
function directory(): string {
  try {
    return process.cwd();
  } catch {
    process.chdir('/');
    const said = process.env['PWD'];
    return said === undefined || existsSync(said) ? '/removed' : said;
  }
}

if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  process.stdout.write(`${VERSION}\n`);
} else {
  const controller = new AbortController();
  // Every machine that is waited for listens to it: many listeners are no leak.
  setMaxListeners(0, controller.signal);
  const interrupt = (signal: NodeJS.Signals): void => {
    // The first one stops gracefully, the second one kills.
    if (controller.signal.aborted) process.exit(128 + constants.signals[signal]);
    controller.abort(new Error(signal));
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  process.on('SIGHUP', interrupt);
  // A reader that goes away (`ai-vm logs | head`) is no error of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    process.stderr.write(`ai-vm: what it prints cannot be written: ${error.message}\n`);
    process.exit(1);
  });
  // Progress that nobody can read is no reason to leave a machine half started.
  process.stderr.on('error', () => undefined);
  const { runCli } = load(join(import.meta.dirname, CLI_CODE)).exports;
  process.exitCode = await runCli(argv, {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: directory(),
    signal: controller.signal,
  });
  process.off('SIGINT', interrupt);
  process.off('SIGTERM', interrupt);
  process.off('SIGHUP', interrupt);
}
