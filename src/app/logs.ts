/** `logs`, and the ends of logs that error messages quote. */
import { followLog, logEnd, makeRoom, readLog, tailLog, type LogFiles } from '../host/logs.ts';
import { sanitise } from '../host/untrusted.ts';
import { EXIT } from '../model/errors.ts';
import type { MachinePaths } from '../model/machine.ts';
import type { Context } from './context.ts';
import { onlyMachine } from './select.ts';

export type LogName = 'serial' | 'qemu' | 'provision';

export function logFiles(paths: MachinePaths, which: LogName): LogFiles {
  switch (which) {
    case 'serial':
      return { history: paths.serialLog, window: paths.serialWindow };
    case 'qemu':
      return { history: paths.qemuLog, window: paths.qemuWindow };
    case 'provision':
      return { history: paths.provisionLog, window: '' };
  }
}

/** The last lines of a log as one text without control sequences; empty when there are none. */
export async function logTail(paths: MachinePaths, which: LogName, lines: number): Promise<string> {
  return (await tailLog(logFiles(paths, which), lines)).join('\n');
}

export interface LogsOptions {
  readonly vm: string | undefined;
  readonly follow: boolean;
  /** null: all that is kept. */
  readonly lines: number | null;
  readonly which: LogName;
  readonly write: (text: string) => void;
}

/**
 * Prints a log, without control sequences: what a guest writes must not steer a terminal.
 * @returns the exit code
 */
export async function logs(context: Context, options: LogsOptions): Promise<number> {
  const name = await onlyMachine(context, options.vm);
  const files = logFiles(context.project.machine(name), options.which);
  const decoder = new TextDecoder();
  const write = (bytes: Buffer): void => options.write(sanitise(decoder.decode(bytes, { stream: true })));
  const place = await logEnd(files);
  if (options.lines === null) {
    for await (const bytes of readLog(files, place)) write(bytes);
  } else {
    const lines = await tailLog(files, options.lines);
    if (lines.length > 0) options.write(`${lines.join('\n')}\n`);
  }
  if (options.follow && options.which !== 'provision') {
    for await (const bytes of followLog(files, place, context.signal)) write(bytes);
  } else if (options.which !== 'provision') await makeRoom(files);
  return EXIT.ok;
}
