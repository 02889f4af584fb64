/** Shares as the host finds them: judged once per command, so that what was judged is what is served. */
import { realpath, stat } from 'node:fs/promises';
import { judgeShare } from '../host/shares.ts';
import type { JudgedDirectory } from '../model/boot.ts';
import type { Desired, ShareConfig, VmConfig } from '../model/desired.ts';
import type { Context } from './context.ts';

/** Declared share path → its real path; a path that does not exist stands for itself. */
export async function realPaths(desired: Desired): Promise<Map<string, string>> {
  const paths = new Set(desired.vms.flatMap((vm) => vm.shares.map((share) => share.path)));
  return new Map(
    await Promise.all([...paths].map(async (path) => [path, await realpath(path).catch(() => path)] as const)),
  );
}

/**
 * Judges all shares of a machine.
 * @param staged directories of our own making: no rule is asked about them
 * @returns declared path → the directory that it is
 * @throws AiVmError share.refused, share.missing
 */
export async function judgeShares(
  context: Context,
  vm: VmConfig,
  staged: readonly ShareConfig[],
): Promise<Map<string, JudgedDirectory>> {
  const judged = new Map<string, JudgedDirectory>();
  for (const share of vm.shares) judged.set(share.path, await judgeShare(share, context.project.judging));
  for (const { path } of staged) {
    const { dev, ino } = await stat(path, { bigint: true });
    judged.set(path, { path, identity: `${dev}:${ino}` });
  }
  return judged;
}
