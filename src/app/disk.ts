/** The machine's own disk: a thin qcow2 backed by the image. Made beside and renamed, so that a half-made one never counts. */
import { chmod, copyFile, lchown, lstat, realpath, rename, rm } from 'node:fs/promises';
import { execa } from 'execa';
import { privilegesOf } from '../host/privileges.ts';
import type { RunAs } from '../model/capabilities.ts';
import { AiVmError } from '../model/errors.ts';
import type { Bundle } from '../model/image.ts';
import type { ProjectPaths } from '../model/machine.ts';
import { formatBytes } from '../model/units.ts';
import { readQcow2, type Qcow2 } from '../qemu/qcow2.ts';
import { isLayer } from './chain.ts';

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
        fix: "Free some space (df -h), or put ai-vm's files elsewhere with AI_VM_HOME; then run the same command again.",
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

/** An empty disk over another one of ours, of the same size. It must not exist. */
export async function createOverlay(below: string, path: string, signal: AbortSignal): Promise<void> {
  await qemuImg(['create', '-q', '-f', 'qcow2', '-b', below, '-F', 'qcow2', path], signal);
}

/** Takes what lies between a disk and one of the files that it stands on into the disk itself. Nobody may have it open. */
export async function rebaseDisk(path: string, base: string, runAs: RunAs, signal: AbortSignal): Promise<void> {
  if (runAs.drop) await lchown(path, runAs.uid, runAs.gid);
  await qemuImg(['rebase', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', base, path], signal, privilegesOf(runAs));
}

/** The disk of a template as a machine's own: a copy, so that no machine depends on a template. It is small: what one boot has written. */
export async function copyDisk(template: string, path: string): Promise<void> {
  const partial = `${path}.partial`;
  await rm(partial, { force: true });
  await copyFile(template, partial);
  await chmod(partial, 0o600);
  await rename(partial, path);
}

/**
 * A disk is a file whose header tells QEMU which other files to open: it must be one that we have made from this image, by
 * way of layers of the project alone.
 * @throws AiVmError `disk.missing`
 */
async function requireOwnDisk(path: string, { dir, manifest }: Bundle, project: ProjectPaths): Promise<Qcow2> {
  const image = await realpath(`${dir}/${manifest.disk.file}`);
  const first = await ownQcow2(path);
  for (let at = first, where = path; ;) {
    const backing = at.backingFile && (await realpath(at.backingFile).catch(() => null));
    if (backing === image && !at.externalData) return first;
    if (at.externalData || !backing || !(await isLayer(backing, project))) throw foreign(where, at, image);
    where = backing;
    at = await ownQcow2(where);
  }
}

async function ownQcow2(path: string): Promise<Qcow2> {
  const [disk, seen] = await Promise.all([readQcow2(path), lstat(path).catch(() => null)]);
  if (!disk || !seen?.isFile()) throw noDisk(path);
  return disk;
}

const foreign = (path: string, disk: Qcow2, image: string): AiVmError =>
  new AiVmError('disk.missing', `the disk ${path} is not one that ai-vm has made`, {
    why: disk.externalData
      ? 'Its contents are in another file of this host, which the guest would read and write.'
      : `It stands on ${disk.backingFile ?? 'nothing'} and not on ${image}.`,
    fix: 'Put back the disk that was there, or delete the machine with ai-vm rm.',
  });

/**
 * Grows a disk that no QEMU has open; does nothing when it is large enough. Never shrinks. Bytes.
 * @throws AiVmError `disk.missing` also when it is not a disk that we have made
 */
export async function growDisk(
  path: string,
  bundle: Bundle,
  project: ProjectPaths,
  size: number,
  runAs: RunAs,
  signal: AbortSignal,
): Promise<void> {
  const disk = await requireOwnDisk(path, bundle, project);
  if (disk.virtualSize >= size) return;
  // Whoever QEMU runs as has written to it since: root does not open what its header may name by now.
  if (runAs.drop) await lchown(path, runAs.uid, runAs.gid);
  await qemuImg(['resize', '-q', '-f', 'qcow2', path, String(size)], signal, privilegesOf(runAs));
}
