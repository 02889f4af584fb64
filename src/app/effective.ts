/** What a machine is really given: the declared configuration, and what its agents bring along. */
import { chmod, copyFile, lchown, mkdir, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { removeTree } from '../host/directories.ts';
import type { RunAs } from '../model/capabilities.ts';
import type { ShareConfig, VmConfig } from '../model/desired.ts';
import type { MachinePaths } from '../model/machine.ts';

/** Where an agent's copied credentials are mounted, read-only. */
export const AUTH_TARGET = '/mnt/host-ro/claude-auth';

/** What Claude Code keeps its login in, below the home directory. Nothing else of `.claude` is shared. */
const CLAUDE_FILES = ['.claude/.credentials.json'];

const authDir = (paths: MachinePaths): string => `${paths.dir}/auth/claude`;

/** Copies of the credentials alone, so that a session history or settings never reach the guest. */
export async function stageCredentials(
  vm: VmConfig,
  paths: MachinePaths,
  home: string,
  runAs: RunAs,
): Promise<ShareConfig[]> {
  const dir = authDir(paths);
  // The directory above stays ours alone: whoever QEMU runs as must not be able to put a symlink in this one's place.
  await removeTree(dirname(dir));
  if (!vm.agents.some((agent) => agent.shareAuth)) return [];
  await mkdir(dirname(dir), { mode: runAs.drop ? 0o711 : 0o700 });
  await mkdir(dir, { mode: 0o700 });
  for (const file of CLAUDE_FILES) {
    const source = `${home}/${file}`;
    const found = await stat(source).catch(() => null);
    if (!found?.isFile()) continue;
    const copy = `${dir}/${basename(file)}`;
    await copyFile(source, copy);
    await chmod(copy, 0o600);
    if (runAs.drop) await lchown(copy, runAs.uid, runAs.gid);
  }
  if (runAs.drop) await lchown(dir, runAs.uid, runAs.gid);
  return [{ path: dir, target: AUTH_TARGET, mode: 'ro', driver: 'auto', allowSensitive: true }];
}
