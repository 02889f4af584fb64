/** What all verbs share: a reporter, the project, errors told once, an exit code. */
import { resolve } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import type { Command } from 'commander';
import { openContext, type Context, type Given, type Where } from '../app/context.ts';
import { AiVmError, EXIT } from '../model/errors.ts';
import type { Emit } from '../model/events.ts';
import { fromSystem } from '../model/system-errors.ts';
import { createReporter, type ProgressMode, type ReportStream } from '../report/reporter.ts';
import type { Io } from './io.ts';

export interface GlobalOptions {
  readonly file?: readonly string[];
  readonly envFile?: readonly string[];
  readonly projectName?: string;
  readonly profile?: readonly string[];
  readonly directory?: string;
  readonly progress: ProgressMode;
  readonly verbose?: boolean;
}

/**
 * `settled` ends the display of what happens: results that are printed after steps come after it, or it would draw over
 * them. Nothing is emitted afterwards.
 */
export type Work = (context: Context, settled: () => Promise<void>, where: Where) => Promise<number | undefined>;

export interface SessionOptions {
  /** No live display: what happens goes on for too long to be one picture. */
  readonly lines?: boolean;
  /** In the place of stderr. */
  readonly stream?: ReportStream;
  /** Works without a file too, so that its project may be anywhere on this host. */
  readonly anywhere?: boolean;
  /** Flags over the file. */
  readonly given?: Given;
  /** In the place of the environment, for all that is about the project. */
  readonly env?: Io['env'];
}

/** Runs a verb's work, and turns whatever goes wrong into one message and an exit code. */
export function session(command: Command, io: Io, work: Work, how: SessionOptions = {}): Promise<number> {
  return reported(command, io, how, async ({ settled, ...reporting }) => {
    const where = whereOf(reporting, command, io, how);
    return work(await openContext(where), settled, where);
  });
}

/** What of the outside decides which project a verb is about. */
export function whereOf(
  { options, emit }: Pick<Reporting, 'options' | 'emit'>,
  command: Command,
  io: Io,
  how: SessionOptions = {},
): Where {
  return {
    cwd: resolve(io.cwd, options.directory ?? '.'),
    env: how.env ?? io.env,
    files: options.file ?? [],
    envFiles: options.envFile ?? [],
    projectName: options.projectName,
    anywhere: how.anywhere ?? false,
    profiles: options.profile ?? [],
    stdin: () => textOf(io.stdin),
    given: how.given,
    command: command.name(),
    signal: io.signal,
    emit,
  };
}

interface Reporting {
  readonly options: GlobalOptions;
  readonly emit: Emit;
  readonly settled: () => Promise<void>;
}

/** The same for a verb that has no project yet. */
export async function reported(
  command: Command,
  io: Io,
  how: SessionOptions,
  work: (reporting: Reporting) => Promise<number | undefined>,
): Promise<number> {
  const options = command.opts<GlobalOptions>();
  const { progress } = options;
  const reporter = createReporter({
    mode: how.lines === true && (progress === 'auto' || progress === 'tty') ? 'plain' : progress,
    stream: how.stream ?? io.stderr,
    env: io.env,
    cwd: io.cwd,
    verbose: options.verbose,
  });
  let closing: Promise<void> | undefined;
  const settled = (): Promise<void> => (closing ??= reporter.close());
  try {
    const code = (await work({ options, emit: reporter.emit, settled })) ?? EXIT.ok;
    await settled();
    return code;
  } catch (error) {
    await settled();
    const known = told(error, io);
    reporter.fail(known);
    return known instanceof AiVmError ? known.exitCode : EXIT.failed;
  }
}

/** What was interrupted fails in many ways; what the system refused is told as that. */
function told(error: unknown, io: Io): unknown {
  if (error instanceof AiVmError) return error;
  return io.signal.aborted ? new AiVmError('interrupted', 'interrupted') : (fromSystem(error) ?? error);
}
