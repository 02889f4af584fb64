import { stat } from 'node:fs/promises';

/** Whether two names are of one file, as links to it are. Not where one of them is gone. */
export async function isSameFile(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((path) => stat(path, { bigint: true }).catch(() => null)));
  return a !== null && a !== undefined && a.ino === b?.ino && a.dev === b.dev;
}
