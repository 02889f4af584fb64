/** Whether helpers can have a user and mount namespace of their own here: tried, not assumed. */
import { execa } from 'execa';
import type { RunAs } from '../model/capabilities.ts';
import { guestUid } from '../model/guest-user.ts';
import { findProgram } from './accounts.ts';
import { PROBE_NAMESPACE } from './namespace-script.ts';

export type Verdict = { readonly usable: true } | { readonly usable: false; readonly reason: string };

/** Long enough for a busy host (milliseconds). */
const PATIENCE = 10_000;

/**
 * Tries what the start script does for a virtiofsd: a user namespace with the ids of guest root and of the user mapped,
 * and in it a mount namespace with a tmpfs. Starts processes; the caller keeps the answer.
 */
export async function virtiofsUsable(runAs: RunAs): Promise<Verdict> {
  if (runAs.subUid === null || runAs.subGid === null) {
    return {
      usable: false,
      reason: 'no subordinate ids: package uidmap and a range in /etc/subuid and /etc/subgid are needed',
    };
  }
  for (const name of [
    'unshare',
    'nsenter',
    'mount',
    'setsid',
    ...(runAs.drop ? ['setpriv'] : ['newuidmap', 'newgidmap']),
  ]) {
    if (!(await findProgram(name))) return { usable: false, reason: `${name} is not installed` };
  }
  const ids = [runAs.uid, runAs.gid, runAs.subUid, runAs.subGid, guestUid(runAs)].map(String);
  const tried = await execa('sh', ['-c', PROBE_NAMESPACE, 'ai-vm', ...ids], {
    reject: false,
    timeout: PATIENCE,
    stdin: 'ignore',
  });
  if (tried.exitCode === 0) return { usable: true };
  const said = tried.stderr.trim().split('\n').pop()?.slice(0, 200);
  return {
    usable: false,
    reason: `user namespaces cannot be used here (${said === undefined || said === '' ? 'no reason given' : said})`,
  };
}
