/** Where parts of ai-vm lie that run in processes of their own. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AiVmError } from '../model/errors.ts';

/**
 * Absolute path of a bundle beside ours.
 * @throws AiVmError internal
 */
export function bundlePath(name: string, from = import.meta.dirname): string {
  // The bundle, or the sources.
  const found = ['.', '../../dist'].map((dir) => join(from, dir, name)).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new AiVmError('internal', `${name} is not where it should be, near ${from}`, { fix: 'Install ai-vm anew.' });
}
