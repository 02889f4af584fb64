/**
 * What a remote flake was at its first use on this host: it stays that until somebody asks for another. Kept outside of all projects,
 * since what lies in one may be written by a guest.
 */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readState, writeState } from '../../host/files.ts';

export interface FlakeLock {
  readonly formatVersion: 1;
  readonly ref: string;
  /** The same with its revision. */
  readonly url: string;
  /** SHA-256 of its files, as Nix writes it. */
  readonly narHash: string;
}

const fileOf = (dir: string, ref: string): string =>
  join(dir, `${createHash('sha256').update(ref).digest('hex').slice(0, 32)}.json`);

const isLock = (value: unknown): value is FlakeLock => {
  if (typeof value !== 'object' || value === null) return false;
  const { formatVersion, ref, url, narHash } = value as Record<string, unknown>;
  return formatVersion === 1 && [ref, url, narHash].every((each) => typeof each === 'string');
};

export async function readLock(dir: string, ref: string): Promise<FlakeLock | null> {
  const { value } = await readState(fileOf(dir, ref), isLock);
  return value?.ref === ref ? value : null;
}

export async function writeLock(dir: string, lock: FlakeLock): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await writeState(fileOf(dir, lock.ref), lock);
}

/** A revision, or where there is none the digest of the files: short, for people. */
export const shortLock = ({ url, narHash }: FlakeLock): string =>
  /(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])/.exec(url)?.[0].slice(0, 12) ?? narHash.slice(0, 19);
