/** The parts of a watch, put together for those who drive it. */
import { readState } from '../../host/files.ts';
import type { WatchedProject } from '../../model/watch.ts';
import { AiVmError } from '../../model/errors.ts';
import { namedFiles } from '../load.ts';
import { requireDesired, type Context, type Where } from '../context.ts';
import { watchProject, type WatchOptions } from './round.ts';
import { makeSource } from './source.ts';
import { makeTeller, type Teller } from './tell.ts';

/**
 * @param where as `context` was opened
 * @throws ConfigError and the like, when the file is not sound and this host knows no project there either
 */
export async function startWatch(
  context: Context,
  where: Where,
  options: WatchOptions,
): Promise<{ readonly project: WatchedProject; readonly tell: Teller['tell'] }> {
  if (namedFiles(where.files ?? [], where.env).includes('-'))
    throw new AiVmError('usage', 'what comes from stdin cannot be watched', { fix: 'Put it into a file.' });
  const isKnown = (value: unknown): value is object => typeof value === 'object' && value !== null;
  const { value } = await readState(context.project.paths.projectFile, isKnown);
  // Without either nobody can tell which project this is.
  if (value === null) requireDesired(context);
  const teller = makeTeller(context.emit, () => new Date());
  const source = makeSource(context, where, teller);
  return { project: watchProject(source, teller, options, () => performance.now()), tell: teller.tell };
}
