/** What `init` can know of shares before `up` judges them: which would be served, and which refused. */
import { realpath } from 'node:fs/promises';
import { localAccounts } from '../host/accounts.ts';
import { knownStates } from '../host/known-projects.ts';
import { hostEnv } from '../host/paths.ts';
import { judgeShare, type ShareContext } from '../host/shares.ts';
import type { RunAs } from '../model/capabilities.ts';
import type { ShareConfig, ShareMode, VmConfig } from '../model/desired.ts';
import { AiVmError } from '../model/errors.ts';

/** How the project's own directory can be shared. */
export interface OwnShare {
  /** null: not at all. */
  readonly mode: ShareMode | null;
  /** Why it cannot be written to, or not be shared; for people. */
  readonly why: string | null;
}

/** @param dir real path of the project's directory */
export async function judgingFor(dir: string, runAs: RunAs, home: string): Promise<ShareContext> {
  const env = hostEnv();
  const homes = (await localAccounts()).map((account) => account.home).concat(home);
  const stateDirs = [env.dataHome, env.cacheHome, env.runtimeHome, env.images, ...(await knownStates(env))];
  return { runAs, projectDir: dir, homes, stateDirs };
}

/** Why `up` would refuse to serve it; null when it would not. Nothing is made. */
async function refusalOf(share: ShareConfig, judging: ShareContext): Promise<AiVmError | null> {
  // One that is not there is made by `up`, or is a matter of its own.
  if ((await realpath(share.path).catch(() => null)) === null) return null;
  return judgeShare(share, judging).then(
    () => null,
    (error: unknown) => {
      if (error instanceof AiVmError) return error;
      throw error;
    },
  );
}

/** Whether `.` can be shared: for writing, else for reading. */
export async function ownShare(judging: ShareContext): Promise<OwnShare> {
  const path = judging.projectDir;
  const share = { path, target: '/mnt', driver: 'auto', allowSensitive: false } as const;
  const refusal = await refusalOf({ ...share, mode: 'rw' }, judging);
  if (refusal === null) return { mode: 'rw', why: null };
  const { why = refusal.message, fix = '' } = refusal;
  if (await refusalOf({ ...share, mode: 'ro' }, judging)) {
    return { mode: null, why: `this directory is not shared. ${why} ${fix}`.trim() };
  }
  const ways = `For a writable share name a directory that up is to make, --share-rw ./work; or chown -R ${judging.runAs.uid} '${path}'`;
  return { mode: 'ro', why: `this directory is shared read-only. ${why} ${ways}` };
}

/** What `up` will refuse of shares that somebody has asked for; a line for each. */
export async function refusedShares(vms: readonly VmConfig[], judging: ShareContext): Promise<string[]> {
  const shares = new Map(
    vms.flatMap((vm) => vm.shares.map((share) => [`${share.mode}:${share.path}`, share] as const)),
  );
  const refusals = await Promise.all([...shares.values()].map((share) => refusalOf(share, judging)));
  return refusals.flatMap((error) =>
    error ? [[`up will refuse this: ${error.message}.`, error.why, error.fix].filter(Boolean).join(' ')] : [],
  );
}
