/** Who QEMU and its helpers run as. Never root: a root that serves a writable directory hands the guest the host. */
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { RunAs } from '../model/capabilities.ts';
import { AiVmError } from '../model/errors.ts';
import { accountOf, findProgram, firstSubId, type Account } from './accounts.ts';

/**
 * Numbers that no distribution hands out: systemd's list of uids (UIDS-GIDS) leaves 60706…61183 unused, and so are those
 * from 0x70000000 on, right above its container range.
 */
const DROP_FIRST = 60_706;
const DROP_COUNT = 478;
const DROP_SUB_FIRST = 0x7000_0000;

/** Owner of files of nobody in particular, such as those of an unmapped user. */
const NOBODY = 65_534;

/** Who serves a project that belongs to root: one number of its own for each project directory. Pure. */
export function dedicated(dir: string, groups: readonly number[]): RunAs {
  const n = createHash('sha256').update(dir).digest().readUInt32BE(0) % DROP_COUNT;
  const uid = DROP_FIRST + n;
  return { uid, gid: uid, groups, drop: true, subUid: DROP_SUB_FIRST + n, subGid: DROP_SUB_FIRST + n };
}

export type RunAsDecision =
  | { readonly kind: 'as'; readonly runAs: RunAs }
  /** Root works for an ordinary user: this process should first become that user, once and for all. */
  | { readonly kind: 'become'; readonly account: Account };

/**
 * @param dir real path of the project's directory
 * @throws AiVmError `host.path` when it cannot be looked at
 */
export async function decideRunAs(dir: string): Promise<RunAsDecision> {
  const uid = process.getuid?.() ?? -1;
  if (uid !== 0) return { kind: 'as', runAs: await ownIds(uid, process.getgid?.() ?? uid) };
  const seen = await stat(dir).catch((error: unknown) => {
    throw new AiVmError('host.path', `${dir} cannot be read`, { cause: error });
  });
  const account = seen.uid === 0 || seen.uid === NOBODY ? null : await accountOf(seen.uid);
  if (account) return { kind: 'become', account };
  return { kind: 'as', runAs: await dedicatedHere(dir) };
}

async function dedicatedHere(dir: string): Promise<RunAs> {
  const kvm = await stat('/dev/kvm').catch(() => null);
  return dedicated(dir, kvm && kvm.gid !== 0 ? [kvm.gid] : []);
}

/** Who served a project whose directory is gone, so that nobody can be asked whose it was: of root's own, root's. */
export async function runAsOfGone(dir: string): Promise<RunAs> {
  const uid = process.getuid?.() ?? -1;
  return uid === 0 ? dedicatedHere(dir) : ownIds(uid, process.getgid?.() ?? uid);
}

/** An ordinary user runs QEMU as itself; guest root appears as the first of its subordinate ids, where it has any. */
async function ownIds(uid: number, gid: number): Promise<RunAs> {
  const [account, subuid, subgid, newuidmap, newgidmap] = await Promise.all([
    accountOf(uid),
    readFile('/etc/subuid', 'utf8').catch(() => ''),
    readFile('/etc/subgid', 'utf8').catch(() => ''),
    findProgram('newuidmap'),
    findProgram('newgidmap'),
  ]);
  const who = { name: account?.name ?? null, uid };
  const ids = newuidmap && newgidmap ? [firstSubId(subuid, who), firstSubId(subgid, who)] : [];
  const both = ids[0] != null && ids[1] != null;
  return { uid, gid, groups: [], drop: false, subUid: both ? ids[0]! : null, subGid: both ? ids[1]! : null };
}

/**
 * The environment of a user that root becomes: their home and name, and of the XDG directories only those inside their
 * home, so that nothing of root's is written or read on their behalf. Pure.
 */
export function environmentOf(
  account: Account,
  vars: Readonly<Record<string, string | undefined>>,
  hasRuntime: boolean,
): Record<string, string | undefined> {
  const kept = Object.entries(vars).filter(
    ([name, value]) => !name.startsWith('XDG_') || value?.startsWith(`${account.home}/`),
  );
  const runtime = hasRuntime ? { XDG_RUNTIME_DIR: `/run/user/${account.uid}` } : {};
  return { ...Object.fromEntries(kept), HOME: account.home, USER: account.name, LOGNAME: account.name, ...runtime };
}

/** Turns this process, started by root, into `account` for good. Nothing is left to tell it from one that they started. */
export function becomeOwner(account: Account): void {
  const vars = environmentOf(account, process.env, existsSync(`/run/user/${account.uid}`));
  // In place: os.homedir() and others ask the C library's environment, which only the real `process.env` writes through to.
  for (const name of Object.keys(process.env)) {
    if (!(name in vars)) Reflect.deleteProperty(process.env, name);
  }
  Object.assign(process.env, vars);
  // Node has it, its type package does not.
  (process as NodeJS.Process & { initgroups(user: string, group: number): void }).initgroups(account.name, account.gid);
  process.setgid?.(account.gid);
  process.setuid?.(account.uid);
}

/**
 * Parts of ai-vm are read when they are needed, so where it lies must be within reach of who we are now, and not only of root.
 * @throws AiVmError `host.path`
 */
export function requireOwnCode(account: Account, dir = import.meta.dirname): void {
  try {
    accessSync(dir, constants.R_OK | constants.X_OK);
  } catch (cause) {
    throw new AiVmError('host.path', `ai-vm is installed where user ${account.name} cannot read it`, {
      why: `The project belongs to ${account.name}, so root works on it as that user; ai-vm itself lies in ${dir}.`,
      fix: 'Install ai-vm where everybody can read it, such as below /usr/local or /opt.',
      cause,
    });
  }
}

/** Decides, becomes the project's owner where that is asked for, and says who QEMU runs as. */
export async function settleRunAs(dir: string): Promise<RunAs> {
  const decision = await decideRunAs(dir);
  if (decision.kind === 'as') return decision.runAs;
  becomeOwner(decision.account);
  requireOwnCode(decision.account);
  return ownIds(decision.account.uid, decision.account.gid);
}
