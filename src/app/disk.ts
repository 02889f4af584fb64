/** The machine's own disk: a thin qcow2 backed by the image. Made beside and renamed, so that a half-made one never counts. */
import { rename, rm } from 'node:fs/promises';
import { execa } from 'execa';
import { AiVmError } from '../model/errors.ts';
import type { Bundle } from '../model/image.ts';
import { formatBytes } from '../model/units.ts';
import { readQcow2 } from '../qemu/qcow2.ts';

async function qemuImg(args: readonly string[], signal: AbortSignal): Promise<void> {
  try {
    await execa('qemu-img', args, { cancelSignal: signal });
  } catch (error) {
    const failure = error as { code?: string; stderr?: string };
    if (failure.code === 'ENOENT')
      throw new AiVmError('host.missing', 'qemu-img is not installed', { fix: 'ai-vm doctor' });
    if (/No space left/i.test(failure.stderr ?? '')) {
      throw new AiVmError('host.space', 'there is no space left for the disk', {
        why: failure.stderr ?? '',
        cause: error,
      });
    }
    throw error;
  }
}

/** Makes `path` unless there is one already: an existing disk is never overwritten. Sizes in bytes. */
export async function createDisk(path: string, bundle: Bundle, size: number, signal: AbortSignal): Promise<void> {
  if (await readQcow2(path)) return;
  const { file, virtualSize } = bundle.manifest.disk;
  if (size < virtualSize) {
    throw new AiVmError(
      'host.space',
      `storage of ${formatBytes(size)} is less than the image's ${formatBytes(virtualSize)}`,
      {
        fix: `Declare at least ${formatBytes(virtualSize)} of storage.`,
      },
    );
  }
  const partial = `${path}.partial`;
  await rm(partial, { force: true });
  await qemuImg(
    ['create', '-q', '-f', 'qcow2', '-b', `${bundle.dir}/${file}`, '-F', 'qcow2', partial, String(size)],
    signal,
  );
  await rename(partial, path);
}

/** Grows a disk that no QEMU has open; does nothing when it is large enough. Never shrinks. Bytes. */
export async function growDisk(path: string, size: number, signal: AbortSignal): Promise<void> {
  const disk = await readQcow2(path);
  if (!disk) throw new AiVmError('disk.missing', `the disk ${path} is gone or is no qcow2 file`);
  if (disk.virtualSize < size) await qemuImg(['resize', '-q', '-f', 'qcow2', path, String(size)], signal);
}
