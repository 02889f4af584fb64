import { readFile } from 'node:fs/promises';
import { Option } from 'commander';
import { asOnlyWatch, stopWatch } from '../app/watch/running.ts';
import { startWatch } from '../app/watch/start.ts';
import { openBoundedLog, type BoundedLog } from '../app/watch/log.ts';
import { EXIT } from '../model/errors.ts';
import type { ReportStream } from '../report/reporter.ts';
import { sanitise } from '../report/sanitise.ts';
import { CLOCK } from '../watch/settle.ts';
import { watchLoop } from '../watch/loop.ts';
import { detach } from './detach.ts';
import { changes } from './exits.ts';
import type { Io } from './io.ts';
import { onKeys } from './keys.ts';
import { session, type Work } from './session.ts';
import type { Verb } from './verbs.ts';

interface Options {
  readonly detach?: boolean;
  readonly stop?: boolean;
  readonly log?: boolean;
  readonly onRebootRequired: 'pend' | 'restart';
  readonly inBackground?: boolean;
}

/** What the kernel has run out of, and how to give it more. */
const SYSCTL = { ENOSPC: 'fs.inotify.max_user_watches', EMFILE: 'fs.inotify.max_user_instances' } as const;

const watch =
  (io: Io, options: Options, opened: (log: BoundedLog) => void): Work =>
  async (context, _settled, where) => {
    const { project, tell } = await startWatch(context, where, { restart: options.onRebootRequired === 'restart' });
    await asOnlyWatch(context, async () => {
      if (options.inBackground) opened(openBoundedLog(context.project.paths.watchLog));
      tell({
        kind: 'note',
        message: `watching ${context.project.file}${io.stdin.isTTY ? '; r restarts what waits for it, Ctrl-C ends this' : ''}`,
      });
      let quiet = (): void => undefined;
      await watchLoop(project, {
        clock: CLOCK,
        signal: io.signal,
        exhausted: (how) => {
          const message = `the kernel has no more file watches for you (${how}), so files are looked at twice a second; sysctl ${SYSCTL[how]} raises the limit`;
          tell({ kind: 'note', message });
        },
        ready: (want) => {
          quiet = onKeys(io, { r: () => want({ kind: 'restart' }) });
        },
      }).finally(() => quiet());
      tell({ kind: 'note', message: 'the watch has ended; the machines run on' });
    });
    return EXIT.ok;
  };

const showLog =
  (io: Io): Work =>
  async ({ project }) => {
    for (const path of [`${project.paths.watchLog}.1`, project.paths.watchLog])
      io.stdout.write(sanitise(await readFile(path, 'utf8').catch(() => '')));
    return EXIT.ok;
  };

const stopIt: Work = async (context) => {
  const stopped = await stopWatch(context);
  context.emit({ type: 'info', message: stopped ? 'the watch has ended; the machines run on' : 'no watch runs' });
  return EXIT.ok;
};

export const verb: Verb = {
  help: {
    about:
      'What is saved is applied. A file that is not sound, or gone, changes nothing. A machine that leaves the file is stopped, and its disk stays. Restarts wait until you press r; a disk is never made anew, and what a file asks of this host and you have not approved is held back. A machine that died is started again if its `restart` says so.',
    examples: [
      ['ai-vm watch', 'Until Ctrl-C.'],
      ['ai-vm watch -d', 'In the background; ai-vm watch --stop ends it.'],
    ],
    exits: changes('it was ended'),
  },
  define(command, io, finish) {
    command
      .option('-d, --detach', 'watch in the background')
      .option('--stop', 'end the watch of this project; its machines run on')
      .option('--log', 'print what the watch in the background has said')
      .addOption(
        new Option('--on-reboot-required <how>', 'what to do about a change that needs a restart')
          .choices(['pend', 'restart'])
          .default('pend'),
      )
      .addOption(new Option('--in-background').hideHelp())
      .action(async (options: Options) => {
        const other = options.stop ? stopIt : options.log ? showLog(io) : options.detach ? detach(io) : null;
        if (other) {
          finish(await session(command, io, other));
          return;
        }
        let log: BoundedLog | undefined;
        const stream: ReportStream = options.inBackground
          ? { write: (text) => (log ? log.write(text) : io.stderr.write(text)) }
          : io.stderr;
        const work = watch(io, options, (opened) => (log = opened));
        finish(await session(command, io, work, { lines: true, stream }));
      });
  },
};
