/** Shares as the host finds them: judged once per command, so that what was judged is what is served. */
import { stat } from 'node:fs/promises';
import { knownStates } from '../host/known-projects.ts';
import { judgeShare } from '../host/shares.ts';
import type { JudgedDirectory } from '../model/boot.ts';
import type { ShareConfig, VmConfig } from '../model/desired.ts';
import { requireConsent } from './approvals.ts';
import type { Context } from './context.ts';

/**
 * Judges all shares of a machine. Consent was asked before, by path: a guest may have put a symlink in its place since, so
 * it is asked again for the directories that were found.
 * @param staged directories of our own making: no rule is asked about them
 * @returns declared path → the directory that it is
 * @throws AiVmError share.refused, share.missing, approval.needed
 */
export async function judgeShares(
  context: Context,
  vm: VmConfig,
  staged: readonly ShareConfig[],
): Promise<Map<string, JudgedDirectory>> {
  const judged = new Map<string, JudgedDirectory>();
  const { judging, env } = context.project;
  const premises = { ...judging, stateDirs: [...judging.stateDirs, ...(await knownStates(env))] };
  for (const share of vm.shares) judged.set(share.path, await judgeShare(share, premises));
  await requireConsent(context, new Map([...judged].map(([declared, { path }]) => [declared, path])), vm.name);
  for (const { path } of staged) {
    const { dev, ino } = await stat(path, { bigint: true });
    judged.set(path, { path, identity: `${dev}:${ino}` });
  }
  return judged;
}
