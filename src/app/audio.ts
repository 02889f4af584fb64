/** Where the `wav` driver may write: a file that QEMU opens by name, so no guest may be able to change what the name means. */
import { lstat, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isWithin } from '../host/share-rules.ts';
import type { VmConfig } from '../model/desired.ts';
import { AiVmError } from '../model/errors.ts';

/**
 * A declared WAV file must lie outside every writable share, of all machines of the project, and be no symlink: a guest
 * could put a link there that leads QEMU to any file of the user's.
 * @param writable real paths of the writable shares
 * @throws AiVmError share.refused
 */
export async function judgeWav(vm: VmConfig, writable: readonly string[]): Promise<void> {
  if (vm.audio === false || vm.audio.driver !== 'wav' || vm.audio.path === null) return;
  const { path } = vm.audio;
  const refuse = (why: string, fix: string): AiVmError =>
    new AiVmError('share.refused', `sound cannot be written to ${path}`, { vm: vm.name, why, fix });
  const dir = await realpath(dirname(path)).catch(() => null);
  if (dir === null) throw refuse('Its directory does not exist.', `mkdir -p '${dirname(path)}'`);
  const share = writable.find((root) => isWithin(dir, root));
  if (share !== undefined) {
    throw refuse(
      `It lies in ${share}, which a guest may write to: a symlink there would lead QEMU to any other file.`,
      'Name a file outside of the shares, or leave `path` out: then it is audio.wav beside the disk.',
    );
  }
  const seen = await lstat(path).catch(() => null);
  if (seen && !seen.isFile()) throw refuse('It is there already, and no ordinary file.', `Remove it: rm '${path}'`);
}

/** Real paths of what is shared for writing. */
export const writableShares = (vms: readonly VmConfig[], realPaths: ReadonlyMap<string, string>): string[] =>
  vms.flatMap((vm) => vm.shares.filter((s) => s.mode === 'rw').map((s) => realPaths.get(s.path) ?? s.path));
