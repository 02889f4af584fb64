/** Can somebody else reach a path? Judged by owner, group and mode of every directory on the way. */
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { RunAs } from '../model/capabilities.ts';

interface Inode {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** The three permission bits that apply to `who`. Access lists are not looked at. */
export function bitsFor(inode: Inode, who: Pick<RunAs, 'uid' | 'gid' | 'groups'>): number {
  if (inode.uid === who.uid) return (inode.mode >> 6) & 7;
  if (inode.gid === who.gid || who.groups.includes(inode.gid)) return (inode.mode >> 3) & 7;
  return inode.mode & 7;
}

/**
 * The outermost directory above `path` that `who` cannot pass; null when they can reach it.
 * @param path absolute; what does not exist yet is skipped
 */
export async function blockedAt(path: string, who: Pick<RunAs, 'uid' | 'gid' | 'groups'>): Promise<string | null> {
  const above: string[] = [];
  for (let at = dirname(path); ; at = dirname(at)) {
    above.unshift(at);
    if (at === '/') break;
  }
  for (const dir of above) {
    const seen = await stat(dir).catch(() => null);
    if (seen && (bitsFor(seen, who) & 1) === 0) return dir;
  }
  return null;
}
