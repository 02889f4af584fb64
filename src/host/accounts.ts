/** Users of this host, and the ids that were set aside for them. */
import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** One line of passwd(5); null when it is not of that shape. */
export function parseAccount(line: string): Account | null {
  const [name, , uid, gid, , home] = line.split(':');
  if (!name || !/^\d+$/.test(uid ?? '') || !/^\d+$/.test(gid ?? '') || !home?.startsWith('/')) return null;
  return { name, uid: Number(uid), gid: Number(gid), home };
}

const accounts = (text: string): Account[] => text.split('\n').flatMap((line) => parseAccount(line) ?? []);

/** All users of /etc/passwd. */
export async function localAccounts(file = '/etc/passwd'): Promise<Account[]> {
  return accounts(await readFile(file, 'utf8').catch(() => ''));
}

/** A user by number, also one of a directory service; null when there is no such user. */
export async function accountOf(uid: number): Promise<Account | null> {
  const local = (await localAccounts()).find((account) => account.uid === uid);
  if (local) return local;
  const { execa } = await import('execa');
  const found = await execa('getent', ['passwd', String(uid)], { reject: false, timeout: 5000 });
  return accounts(typeof found.stdout === 'string' ? found.stdout : '')[0] ?? null;
}

/**
 * The first id of the first range that subuid(5) or subgid(5) sets aside for a user, by name or number.
 * @returns null when there is none
 */
export function firstSubId(text: string, who: { readonly name: string | null; readonly uid: number }): number | null {
  for (const line of text.split('\n')) {
    const [owner, start, count] = line.split(':');
    const mine = owner !== '' && (owner === who.name || owner === String(who.uid));
    if (mine && /^\d+$/.test(start ?? '') && Number(count) > 0) return Number(start);
  }
  return null;
}

/** Absolute path of a program on PATH, or null. The system's own directories are looked at as well. */
export async function findProgram(name: string, path = process.env['PATH'] ?? ''): Promise<string | null> {
  for (const dir of [...path.split(delimiter), '/usr/sbin', '/sbin']) {
    if (!dir.startsWith('/')) continue;
    const file = join(dir, name);
    const found = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return file;
  }
  return null;
}
