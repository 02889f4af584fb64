import { realpath } from 'node:fs/promises';
import type { VmConfig } from '../model/desired.ts';

/** Declared share path → its real path; a path that does not exist stands for itself. */
export async function realPaths(vms: readonly VmConfig[]): Promise<Map<string, string>> {
  const paths = new Set(vms.flatMap((vm) => vm.shares.map((share) => share.path)));
  return new Map(
    await Promise.all([...paths].map(async (path) => [path, await realpath(path).catch(() => path)] as const)),
  );
}
