/** What of the file system has a part in what a machine's `exec` does. */
import { realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isWithin } from '../../host/share-rules.ts';
import type { MachinePaths } from '../../model/machine.ts';
import type { Project } from '../context.ts';
import { exists } from '../elsewhere.ts';

/** Directories from one to another above it, both included. */
const between = (from: string, to: string): string[] => [from, ...(from === to ? [] : between(dirname(from), to))];

/**
 * Each file, and the directory that it is in: what appears, goes or takes the place of another there shows in no file.
 * @param cwd real path
 * @returns null: that something happened to one of them would not show in these
 */
export async function sourcesOf(
  { dir, desired, loaded, paths }: Project,
  machine: MachinePaths,
  cwd: string,
): Promise<readonly string[] | null> {
  // Those of a project are removed with its machines, which are looked for there.
  if (!desired || !loaded || !isWithin(cwd, dir)) return null;
  const named = desired.files;
  // Those of repositories are fetched, and fetched again when they are lost.
  if (named.some((path) => !path.startsWith('/'))) return null;
  const beside = await there(named.map((path) => join(dirname(path), '.env')));
  const files = [...named, ...beside];
  // A link on the way may be made to lead elsewhere.
  const real = await Promise.all(files.map((path) => realpath(path).catch(() => null)));
  if (real.some((path, n) => path !== files[n])) return null;
  const dirs = [...between(cwd, dir), ...[...files, ...loaded.candidates].map((path) => dirname(path))];
  // Whoever changes a machine takes the lock, and writes into it.
  const state = [paths.lock, machine.identity, machine.applied];
  const all = [...new Set([...files, ...dirs, ...state])];
  return (await there(all)).length === all.length ? all : null;
}

const there = async (paths: readonly string[]): Promise<string[]> => {
  const found = await Promise.all(paths.map(exists));
  return paths.filter((_, n) => found[n]);
};
