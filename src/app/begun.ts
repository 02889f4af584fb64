/** Whether there is a project here to tell of. */
import { AiVmError } from '../model/errors.ts';
import type { Where } from './context.ts';
import { namedFiles } from './load.ts';
import { locate } from './locate.ts';

/** A file that is broken or cannot be read is one. */
export async function isBegun(where: Where): Promise<boolean> {
  // One that was named and is not there is told of as that.
  if (namedFiles(where.files ?? [], where.env).length > 0) return true;
  try {
    await locate(where);
    return true;
  } catch (error) {
    if (!(error instanceof AiVmError)) throw error;
    return error.code !== 'config.not-found';
  }
}
