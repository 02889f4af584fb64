/**
 * Whose state it is. `.ai-vm/` in a project must have been made on this host: a repository may bring one along, with a disk
 * whose header names any file of the user's, or a start script that is a symlink. So a token lies in it whose twin is kept
 * outside.
 */
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AiVmError } from '../model/errors.ts';
import type { ProjectPaths } from '../model/machine.ts';
import { readState, writeText } from './files.ts';
import type { ProjectPlace } from './paths.ts';

/** File in `.ai-vm/`. */
const TOKEN_FILE = 'token.json';

const hasToken = (value: unknown): value is { readonly token: string } =>
  typeof value === 'object' && value !== null && typeof (value as { token?: unknown }).token === 'string';

const tokenIn = async (path: string): Promise<string | null> => (await readState(path, hasToken)).value?.token ?? null;

const hasDir = (value: unknown): value is { readonly dir: string } =>
  typeof value === 'object' && value !== null && typeof (value as { dir?: unknown }).dir === 'string';

/**
 * Directories are told apart by eight digits of a hash, which somebody who chooses a name can make collide.
 * @throws AiVmError `host.path` when this state, and what was consented to, belong to another directory
 */
export async function requireSameProject(place: ProjectPlace, paths: ProjectPaths): Promise<void> {
  const { value } = await readState(paths.projectFile, hasDir);
  if (value === null || value.dir === place.dir) return;
  throw new AiVmError('host.path', `${place.dir} cannot be told from another project`, {
    why: `The machines of ${value.dir} would be taken for its own.`,
    fix: 'Give it another `name` in its file, or move its directory.',
  });
}

/**
 * The token that belongs in project.json: the one that is there, or a new one. Written there before anything is made in the
 * project, so that no kill in between leaves a directory of ours that we take for a stranger's.
 */
export async function projectToken(paths: ProjectPaths): Promise<string> {
  return (await tokenIn(paths.projectFile)) ?? randomBytes(16).toString('hex');
}

/**
 * Makes the project's own state directory ours while it is empty, and makes sure that it is ours when it is not.
 * @throws AiVmError `host.path` when it came from elsewhere
 */
export async function claimState(paths: ProjectPaths, token: string): Promise<void> {
  const file = join(paths.state, TOKEN_FILE);
  if ((await tokenIn(file)) === token) return;
  if ((await readdir(paths.state)).length > 0) {
    throw new AiVmError('host.path', `${paths.state} was not made here`, {
      why: 'It came with a copy or a clone of the project: whoever made it could make a machine read any file of yours.',
      fix: `If you need nothing of what is in it: rm -r '${paths.state.replaceAll("'", `'\\''`)}'`,
    });
  }
  await writeText(file, `${JSON.stringify({ token })}\n`);
}
