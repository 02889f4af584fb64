/** Starts the same command again as a process of its own, which outlives this one and its terminal. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { runningWatch } from '../app/watch/running.ts';
import { EXIT } from '../model/errors.ts';
import type { Io } from './io.ts';
import type { Work } from './session.ts';

/** How often we look whether it is there (milliseconds). */
const LOOK = 50;

/** The words of this command without those that send it to the background. */
const wordsOf = (argv: readonly string[]): string[] => [
  ...argv.filter((word) => word !== '-d' && word !== '--detach'),
  '--in-background',
];

export const detach =
  (io: Io): Work =>
  async (context, settled) => {
    const [entry, ...words] = process.argv.slice(1);
    const child = spawn(process.execPath, [entry!, ...wordsOf(words)], {
      cwd: io.cwd,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-64 * 1024)));
    let code: number | null | undefined;
    child.once('error', (error) => {
      said += `${error.message}\n`;
      code = EXIT.failed;
    });
    child.once('close', (ended) => (code ??= ended ?? EXIT.failed));
    for (;;) {
      // Why it could not be, it has told itself.
      if (code !== undefined) {
        await settled();
        io.stderr.write(said);
        return code ?? EXIT.failed;
      }
      const watcher = await runningWatch(context.project.paths);
      if (watcher && watcher.pid === child.pid) break;
      await sleep(LOOK, undefined, { signal: io.signal });
    }
    child.stderr.destroy();
    child.unref();
    context.emit({
      type: 'info',
      message: `process ${child.pid ?? 0} watches ${context.project.file}; ai-vm watch --stop ends it, ai-vm watch --log shows what it has said`,
    });
    return EXIT.ok;
  };
