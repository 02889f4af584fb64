/** Who a test runs commands as: an ordinary user of our own where the tests themselves are run by root. */
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { execa } from 'execa';

export interface TestUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

const NAME = 'ai-vm-test';
const SUB_IDS = '1060706000-1060771535';

/** Who runs the tests. */
export function self(): TestUser {
  const { username, uid, gid, homedir } = userInfo();
  return { name: username, uid, gid, home: homedir };
}

/**
 * An ordinary user with subordinate ids: made once and then kept when the tests are run by root, else whoever runs them.
 * Throws where the user cannot be made.
 */
export async function ordinaryUser(): Promise<TestUser> {
  if (self().uid !== 0) return self();
  if (lookUp(NAME) === null) await execa('useradd', ['--create-home', '--shell', '/bin/bash', NAME]);
  for (const kind of ['uid', 'gid'] as const) {
    if (!hasSubIds(kind)) await execa('usermod', [`--add-sub${kind}s`, SUB_IDS, NAME]);
  }
  const user = lookUp(NAME);
  if (user === null) throw new Error(`useradd made no ${NAME}`);
  return user;
}

/** `argv` as `user` runs it: through setpriv where that is not who we are. */
export function asUser(user: TestUser, argv: readonly string[]): string[] {
  if (user.uid === self().uid) return [...argv];
  return ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--init-groups', '--inh-caps=-all', '--', ...argv];
}

function lookUp(name: string): TestUser | null {
  const fields = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([each]) => each === name);
  const [, , uid, gid, , home] = fields ?? [];
  return uid === undefined || gid === undefined || home === undefined
    ? null
    : { name, uid: Number(uid), gid: Number(gid), home };
}

function hasSubIds(kind: 'uid' | 'gid'): boolean {
  try {
    return readFileSync(`/etc/sub${kind}`, 'utf8')
      .split('\n')
      .some((line) => line.startsWith(`${NAME}:`));
  } catch {
    return false;
  }
}
