/** What a machine is really given: the declared configuration, and what its agents bring along. */
import { chmod, chown, copyFile, mkdir, rm, stat } from 'node:fs/promises';
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
  await rm(dir, { recursive: true, force: true });
  if (!vm.agents.some((agent) => agent.shareAuth)) return [];
  await mkdir(dir, { recursive: true, mode: 0o700 });
  for (const file of CLAUDE_FILES) {
    const source = `${home}/${file}`;
    const found = await stat(source).catch(() => null);
    if (!found?.isFile()) continue;
    const copy = `${dir}/${file.split('/').pop()!}`;
    await copyFile(source, copy);
    await chmod(copy, 0o600);
    if (runAs.drop) await chown(copy, runAs.uid, runAs.gid);
  }
  if (runAs.drop)
    await Promise.all([chown(dir, runAs.uid, runAs.gid), chown(`${paths.dir}/auth`, runAs.uid, runAs.gid)]);
  return [{ path: dir, target: AUTH_TARGET, mode: 'ro', driver: 'auto', allowSensitive: true }];
}
