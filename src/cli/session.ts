/** What all verbs share: a reporter, the project, errors told once, an exit code. */
import type { Command } from 'commander';
import { openContext, type Context } from '../app/context.ts';
import { AiVmError, EXIT } from '../model/errors.ts';
import { fromSystem } from '../model/system-errors.ts';
import { createReporter, type ProgressMode } from '../report/reporter.ts';
import type { Io } from './io.ts';

export interface GlobalOptions {
  readonly file?: string;
  readonly progress: ProgressMode;
  readonly verbose?: boolean;
}

/**
 * `settled` ends the display of what happens: results that are printed after steps come after it, or it would draw over
 * them. Nothing is emitted afterwards.
 */
export type Work = (context: Context, settled: () => Promise<void>) => Promise<number | undefined>;

/** Runs a verb's work, and turns whatever goes wrong into one message and an exit code. */
export async function session(command: Command, io: Io, work: Work): Promise<number> {
  const options = command.opts<GlobalOptions>();
  const reporter = createReporter({
    mode: options.progress,
    stream: io.stderr,
    env: io.env,
    cwd: io.cwd,
    verbose: options.verbose,
  });
  let closing: Promise<void> | undefined;
  const settled = (): Promise<void> => (closing ??= reporter.close());
  try {
    const context = await openContext({
      cwd: io.cwd,
      env: io.env,
      file: options.file,
      command: command.name(),
      signal: io.signal,
      emit: reporter.emit,
    });
    const code = (await work(context, settled)) ?? EXIT.ok;
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
