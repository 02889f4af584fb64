/** What a machine is really given: the declared configuration, and what its agents bring along. */
import { chmod, copyFile, lchown, mkdir, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { removeTree } from '../host/directories.ts';
import type { RunAs } from '../model/capabilities.ts';
import type { ShareConfig, VmConfig } from '../model/desired.ts';
import { AGENTS } from '../images/agents/index.ts';
import { authTarget } from '../model/agents.ts';
import type { MachinePaths } from '../model/machine.ts';

const authDir = (paths: MachinePaths): string => `${paths.dir}/auth`;

/** Copies of the credentials alone, so that a session history or settings never reach the guest. */
export async function stageCredentials(
  vm: VmConfig,
  paths: MachinePaths,
  home: string,
  runAs: RunAs,
): Promise<ShareConfig[]> {
  const above = authDir(paths);
  // This directory stays ours alone: whoever QEMU runs as must not be able to put a symlink in the place of one below.
  await removeTree(above);
  const sharing = vm.agents.filter((agent) => agent.shareAuth);
  if (sharing.length === 0) return [];
  await mkdir(above, { mode: runAs.drop ? 0o711 : 0o700 });
  const shares: ShareConfig[] = [];
  for (const { name } of sharing) {
    await stageLogin(`${above}/${name}`, AGENTS[name].login, home, runAs);
    shares.push({
      ...{ path: `${above}/${name}`, target: authTarget(name), mode: 'ro', driver: 'auto', allowSensitive: true },
    });
  }
  return shares;
}

/** What is not there is not copied: the agent asks in the guest, then. */
async function stageLogin(dir: string, files: readonly string[], home: string, runAs: RunAs): Promise<void> {
  await mkdir(dir, { mode: 0o700 });
  for (const file of files) {
    const source = `${home}/${file}`;
    const found = await stat(source).catch(() => null);
    if (!found?.isFile()) continue;
    const copy = `${dir}/${basename(file)}`;
    await copyFile(source, copy);
    await chmod(copy, 0o600);
    if (runAs.drop) await lchown(copy, runAs.uid, runAs.gid);
  }
  if (runAs.drop) await lchown(dir, runAs.uid, runAs.gid);
}
