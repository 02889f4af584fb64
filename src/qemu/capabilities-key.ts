/** On what the remembered capabilities depend: told by looking at files, without starting a process. */
import { readFile, realpath, stat } from 'node:fs/promises';
import { release } from 'node:os';
import { dirname, join } from 'node:path';
import { findProgram } from '../host/accounts.ts';
import type { RunAs } from '../model/capabilities.ts';

/** Where distributions keep QEMU's modules, seen from the directory of the binary: a new one may bring an audio driver. */
const MODULES = ['lib/x86_64-linux-gnu/qemu', 'lib64/qemu', 'lib/qemu'];

export interface KeyInput {
  readonly qemu: string;
  readonly runAs: RunAs;
  readonly virtiofsd: readonly string[];
  readonly path: string | undefined;
}

/** Two equal keys: nothing has changed that a probe could find. */
export async function capabilityKey({ qemu, runAs, virtiofsd, path }: KeyInput): Promise<string> {
  const binary = await realpath(qemu);
  const root = dirname(dirname(binary));
  const parts = await Promise.all([
    fingerprint(binary),
    ...MODULES.map((dir) => fingerprint(join(root, dir))),
    access('/dev/kvm'),
    ...virtiofsd.map(async (each) => fingerprint(each.startsWith('/') ? each : await findProgram(each, path))),
    findProgram('newuidmap', path),
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => null),
  ]);
  const who = [process.getuid?.() ?? null, process.getgroups?.() ?? null, runAs];
  return JSON.stringify([release(), ...parts, ...who]);
}

async function fingerprint(path: string | null): Promise<string | null> {
  if (path === null) return null;
  const found = await stat(path).catch(() => null);
  return found === null ? null : `${path} ${found.size} ${found.mtimeMs}`;
}

/** Its times change with every use; who may open it is what counts. */
async function access(device: string): Promise<string | null> {
  const found = await stat(device).catch(() => null);
  return found === null ? null : `${found.mode} ${found.uid} ${found.gid}`;
}
