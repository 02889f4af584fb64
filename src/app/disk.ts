/** The machine's own disk: a thin qcow2 backed by the image. Made beside and renamed, so that a half-made one never counts. */
import { lchown, lstat, realpath, rename, rm } from 'node:fs/promises';
import { execa } from 'execa';
import { privilegesOf } from '../host/privileges.ts';
import type { RunAs } from '../model/capabilities.ts';
import { AiVmError } from '../model/errors.ts';
import type { Bundle } from '../model/image.ts';
import { formatBytes } from '../model/units.ts';
import { readQcow2, type Qcow2 } from '../qemu/qcow2.ts';

async function qemuImg(
  args: readonly string[],
  signal: AbortSignal,
  privileges: readonly string[] = [],
): Promise<void> {
  const [program = 'qemu-img', ...words] = [...privileges, 'qemu-img', ...args];
  try {
    await execa(program, words, { cancelSignal: signal });
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

const noDisk = (path: string): AiVmError =>
  new AiVmError('disk.missing', `the disk ${path} is gone or is no qcow2 file`, {
    why: 'Something has overwritten or removed it. What is left of it is kept.',
    fix: 'Put back a copy if you have one; to begin with an empty disk, move this file away, then ai-vm up.',
  });

/**
 * Makes `path` unless there is one already: an existing disk is never overwritten, a damaged one neither. Sizes in bytes.
 * @throws AiVmError `host.space`, `disk.missing`
 */
export async function createDisk(path: string, bundle: Bundle, size: number, signal: AbortSignal): Promise<void> {
  if (await readQcow2(path)) return;
  if (await lstat(path).catch(() => null)) throw noDisk(path);
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

/**
 * A disk is a file whose header tells QEMU which other files to open: it must be one that we have made from this image.
 * @throws AiVmError `disk.missing`
 */
async function requireOwnDisk(path: string, { dir, manifest }: Bundle): Promise<Qcow2> {
  const [disk, seen] = await Promise.all([readQcow2(path), lstat(path).catch(() => null)]);
  if (!disk || !seen?.isFile()) throw noDisk(path);
  const image = await realpath(`${dir}/${manifest.disk.file}`);
  const backing = disk.backingFile && (await realpath(disk.backingFile).catch(() => null));
  if (backing === image && !disk.externalData) return disk;
  throw new AiVmError('disk.missing', `the disk ${path} is not one that ai-vm has made`, {
    why: disk.externalData
      ? 'Its contents are in another file of this host, which the guest would read and write.'
      : `It stands on ${disk.backingFile ?? 'nothing'} and not on ${image}.`,
    fix: 'Put back the disk that was there, or delete the machine with ai-vm rm.',
  });
}

/**
 * Grows a disk that no QEMU has open; does nothing when it is large enough. Never shrinks. Bytes.
 * @throws AiVmError `disk.missing` also when it is not a disk that we have made
 */
export async function growDisk(
  path: string,
  bundle: Bundle,
  size: number,
  runAs: RunAs,
  signal: AbortSignal,
): Promise<void> {
  const disk = await requireOwnDisk(path, bundle);
  if (disk.virtualSize >= size) return;
  // Whoever QEMU runs as has written to it since: root does not open what its header may name by now.
  if (runAs.drop) await lchown(path, runAs.uid, runAs.gid);
  await qemuImg(['resize', '-q', '-f', 'qcow2', path, String(size)], signal, privilegesOf(runAs));
}
