/**
 * Judges the directories that a file wants to share. What is judged is an opened directory, not a name: its real path is
 * asked of the kernel and its device and inode are recorded, so that nothing else can be served in its place.
 */
import { constants, type BigIntStats } from 'node:fs';
import { chown, mkdir, open, readFile, readlink, realpath, type FileHandle } from 'node:fs/promises';
import { relative } from 'node:path';
import type { JudgedDirectory } from '../model/boot.ts';
import type { RunAs } from '../model/capabilities.ts';
import type { ShareConfig } from '../model/desired.ts';
import { AiVmError, type ErrorDetails } from '../model/errors.ts';
import { bitsFor, blockedAt } from './reach.ts';
import { isWithin, shareRule, type Premises } from './share-rules.ts';

export interface ShareContext extends Premises {
  readonly runAs: RunAs;
  /** Real path of the project's directory. */
  readonly projectDir: string;
}

/** open(2)'s O_PATH, which Node does not name; the same number on all Linux architectures that QEMU's KVM knows. */
const O_PATH = 0o10_000_000;
const FLAGS = O_PATH | constants.O_NOFOLLOW | constants.O_DIRECTORY;

const refused = (share: ShareConfig, why: string, fix: string): AiVmError =>
  new AiVmError('share.refused', `the share ${share.path} is refused`, { why, fix });

const missing = (share: ShareConfig, details: ErrorDetails): AiVmError =>
  new AiVmError('share.missing', `the share ${share.path} is not there`, details);

/**
 * The directory that a share means. One that does not exist yet is made when it lies in the project's own directory.
 * @throws AiVmError `share.refused`, `share.missing`
 */
export async function judgeShare(share: ShareConfig, context: ShareContext): Promise<JudgedDirectory> {
  const directory = await openShare(share, context);
  try {
    const [stat, path] = await Promise.all([
      directory.stat({ bigint: true }),
      readlink(`/proc/self/fd/${directory.fd}`),
    ]);
    judgePath(share, path, context);
    await judgeMounts(share, path);
    await judgeAccess(share, path, stat, context.runAs);
    return { path, identity: `${stat.dev}:${stat.ino}` };
  } finally {
    await directory.close();
  }
}

/** Symlinks in the declared path are resolved first, and what they lead to is opened without following any. */
async function openShare(share: ShareConfig, context: ShareContext): Promise<FileHandle> {
  let path: string;
  try {
    path = await realpath(share.path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return makeShare(share, context);
    if (code === 'ENOTDIR') throw missing(share, { why: 'A part of the path is not a directory.' });
    throw missing(share, { why: `It cannot be looked at (${code ?? 'unknown'}).`, fix: 'Check who may enter it.' });
  }
  return open(path, FLAGS).catch((error: unknown) => {
    const code = (error as NodeJS.ErrnoException).code;
    throw missing(share, {
      why: code === 'ENOTDIR' ? 'It is not a directory.' : `It cannot be opened (${code ?? 'unknown'}).`,
      fix: 'Share the directory that contains it.',
      cause: error,
    });
  });
}

/** Makes the missing part of a path inside the project, one opened directory after the other: never through a symlink. */
async function makeShare(share: ShareConfig, { projectDir, runAs }: ShareContext): Promise<FileHandle> {
  if (!isWithin(share.path, projectDir)) {
    throw missing(share, { why: 'Only directories inside the project are made.', fix: `mkdir -p '${share.path}'` });
  }
  let at = await open(projectDir, FLAGS);
  try {
    for (const name of relative(projectDir, share.path).split('/')) {
      const path = `/proc/self/fd/${at.fd}/${name}`;
      const made = await mkdir(path, 0o755).then(
        () => true,
        (error: unknown) => {
          if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
          throw missing(share, { why: `It cannot be made: ${String(error)}` });
        },
      );
      const next = await open(path, FLAGS).catch((error: unknown) => {
        throw missing(share, { why: `${name} is a symlink that leads nowhere, or not a directory.`, cause: error });
      });
      await at.close();
      at = next;
      if (made && runAs.drop) await chown(`/proc/self/fd/${at.fd}/.`, runAs.uid, runAs.gid);
    }
    return at;
  } catch (error) {
    await at.close().catch(() => undefined);
    throw error;
  }
}

function judgePath(share: ShareConfig, path: string, context: ShareContext): void {
  const rule = shareRule(path, context);
  const what = path === share.path ? '' : `It is ${path}. `;
  if (rule.verdict === 'never') {
    throw refused(
      share,
      `${what}${rule.why} Nothing allows it.`,
      'Share a directory that holds just what the guest needs.',
    );
  }
  if (rule.verdict === 'sensitive' && !share.allowSensitive) {
    throw refused(
      share,
      `${what}${rule.why}`,
      'Share something narrower, or say `allow_sensitive: true` on this share and approve it.',
    );
  }
}

/** A file system mounted inside a share would come along without having been judged. */
async function judgeMounts(share: ShareConfig, path: string): Promise<void> {
  const table = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  const inside = mountPoints(table).find((point) => point !== path && isWithin(point, path));
  if (inside === undefined) return;
  throw refused(share, `Another file system is mounted in it, at ${inside}.`, `Unmount it, or share it by itself.`);
}

/** The mount points that proc(5)'s mountinfo lists; what separates its fields is written in octal. */
export function mountPoints(mountinfo: string): string[] {
  return mountinfo.split('\n').flatMap((line) => {
    const point = line.split(' ')[4];
    return point === undefined
      ? []
      : [point.replaceAll(/\\([0-7]{3})/g, (_, o: string) => String.fromCharCode(parseInt(o, 8)))];
  });
}

/** Writing needs a directory of the user's own; reading needs one that they can read. */
async function judgeAccess(share: ShareConfig, path: string, stat: BigIntStats, runAs: RunAs): Promise<void> {
  const who = { mode: Number(stat.mode), uid: Number(stat.uid), gid: Number(stat.gid) };
  if (share.mode === 'rw' && who.uid !== runAs.uid) {
    const owner = who.uid === 0 ? 'root' : `user ${who.uid}`;
    throw refused(
      share,
      `It belongs to ${owner}, and the guest's files are written as user ${runAs.uid}.` +
        (runAs.drop ? ' Nothing is ever written as root.' : ''),
      `Share it read-only (\`:ro\`), or give it to that user: chown -R ${runAs.uid} '${path}'`,
    );
  }
  const blocked = runAs.drop ? await blockedAt(path, runAs) : null;
  const readable = (bitsFor(who, runAs) & 5) === 5 || (!runAs.drop && (await canRead(path)));
  if (blocked === null && readable) return;
  throw refused(
    share,
    blocked === null
      ? `User ${runAs.uid}, whom QEMU runs as, may not read it.`
      : `User ${runAs.uid}, whom QEMU runs as, may not pass through ${blocked}.`,
    blocked === null ? `chmod o+rx '${path}'` : `chmod o+x '${blocked}', or move what is shared to another place.`,
  );
}

/** Access lists and groups count too when this process is the one that reads. */
async function canRead(path: string): Promise<boolean> {
  const opened = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW).catch(() => null);
  await opened?.close();
  return opened !== null;
}
